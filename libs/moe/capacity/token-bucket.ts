/** A token bucket: holds up to a second's worth, and fills again at its rate. */
export interface TokenBucket {
  readonly perSecond: number;
  level: number;
  filledAtMs: number;
}

/** A full one. A rate below 1 still lets one row pass at a time. */
export function newTokenBucket(perSecond: number, nowMs: number): TokenBucket {
  return { perSecond, level: Math.max(perSecond, 1), filledAtMs: nowMs };
}

/** Adds what has come in since the last call. Time that runs backwards adds nothing. */
export function refill(bucket: TokenBucket, nowMs: number): void {
  const elapsedMs = Math.max(nowMs - bucket.filledAtMs, 0);
  bucket.level = Math.min(Math.max(bucket.perSecond, 1), bucket.level + (elapsedMs / 1000) * bucket.perSecond);
  bucket.filledAtMs = Math.max(nowMs, bucket.filledAtMs);
}
