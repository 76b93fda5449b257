/** What is known of the requests of one model. Times are epoch milliseconds. */
export interface RecordedTraffic {
  /** The last one recorded; null where there was none in the time that was looked at. */
  readonly lastRecordedMs: number | null;
  /** The first one in the time that was looked at. */
  readonly firstRecordedMs: number | null;
  /** In the hour that ends with the last one. */
  readonly requestsInLastHour: number;
  /** In the hour around this time of day, a day ago. */
  readonly requestsADayAgo: number;
  /** Whether a process that serves the model was seen lately. */
  readonly isServed: boolean;
}

export type SilenceReason = 'never-recorded' | 'too-few-before' | 'no-day-to-compare' | 'quiet-at-this-hour' | 'recorded' | 'silent-while-served' | 'silent-and-not-served';

export interface Silence {
  /** Seconds since the last recorded request; null where none is expected. */
  readonly value: number | null;
  readonly reason: SilenceReason;
}

export interface SilenceLimits {
  /** Requests in an hour from which on more are expected. */
  readonly minRequestsPerHour: number;
  /** Less than this since the last one is no silence: recording takes a moment, and roll-ups are by the minute. */
  readonly recordingMs: number;
}

const DAY_MS = 86_400_000;

/**
 * How long a model has been silent that should not be: it answered requests in the hour before its last one, and
 * a day ago at this time too. A model whose record is shorter than a day may have been tried once, so nothing is
 * expected of it. Whether nobody asks or answers are not recorded cannot be
 * told from the record; `reason` says at least whether a process serves the model.
 */
export function measureSilence(traffic: RecordedTraffic, nowMs: number, limits: SilenceLimits): Silence {
  const { lastRecordedMs, firstRecordedMs } = traffic;
  if (lastRecordedMs === null) return { value: null, reason: 'never-recorded' };
  const silentMs = Math.max(0, nowMs - lastRecordedMs);
  const value = silentMs / 1000;
  if (silentMs <= limits.recordingMs) return { value, reason: 'recorded' };
  if (traffic.requestsInLastHour < limits.minRequestsPerHour) return { value: null, reason: 'too-few-before' };
  if (firstRecordedMs === null || firstRecordedMs > lastRecordedMs - DAY_MS) return { value: null, reason: 'no-day-to-compare' };
  if (traffic.requestsADayAgo < limits.minRequestsPerHour) return { value: null, reason: 'quiet-at-this-hour' };
  return { value, reason: traffic.isServed ? 'silent-while-served' : 'silent-and-not-served' };
}
