const DAY_MS = 86_400_000;

/**
 * Why a trace is not there. Request ids are UUIDs of version 7, so an id tells its own age: older than
 * retention, it is `expired`; otherwise, or with another version, `unknown`.
 */
export function whyMissing(requestId: string, nowMs: number, retentionDays: number): 'expired' | 'unknown' {
  if (requestId.charAt(14) !== '7') return 'unknown';
  const atMs = Number.parseInt(requestId.replaceAll('-', '').slice(0, 12), 16);
  // Partitions go by whole UTC days, so the day of the limit is still kept.
  const oldestMs = Math.floor((nowMs - retentionDays * DAY_MS) / DAY_MS) * DAY_MS;
  return atMs < oldestMs ? 'expired' : 'unknown';
}
