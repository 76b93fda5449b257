export interface KeptRequest {
  /** Whether it is the same operation, with the same parameters and body. */
  readonly isSame: boolean;
  /** null while it runs. */
  readonly status: number | null;
  /** Whether its answer was kept. */
  readonly hasBody: boolean;
  readonly startedAtMs: number;
}

export type IdempotencyReason = 'other-request' | 'replay' | 'answer-not-kept' | 'still-running' | 'outcome-unknown';

/**
 * What a request gets whose key was used before. One that runs for longer than `runMs` has lost its
 * process: whether it took effect is not known, so it is not run again.
 */
export function decideRepeat({ isSame, status, hasBody, startedAtMs }: KeptRequest, runMs: number, nowMs: number): IdempotencyReason {
  if (!isSame) return 'other-request';
  if (status !== null) return hasBody ? 'replay' : 'answer-not-kept';
  return startedAtMs + runMs > nowMs ? 'still-running' : 'outcome-unknown';
}

/** Whether an answer stands for good: a fault of the server or a lack of room is gone by the next try. */
export function isLasting(status: number): boolean {
  return status < 500 && status !== 429;
}
