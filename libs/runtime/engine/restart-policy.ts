export interface RestartLimits {
  /** Restarts allowed within the window. */
  readonly maxRestarts: number;
  readonly windowMs: number;
}

export type RestartDecision = { readonly decision: 'restart' } | { readonly decision: 'give-up'; readonly reason: string };

/** Whether to start the worker again after it died, given when it died before (the last one included). */
export function decideRestart(failuresAtMs: readonly number[], nowMs: number, limits: RestartLimits): RestartDecision {
  const recent = failuresAtMs.filter((atMs) => nowMs - atMs <= limits.windowMs).length;
  if (recent <= limits.maxRestarts) return { decision: 'restart' };
  return { decision: 'give-up', reason: `the engine failed ${recent} times within ${limits.windowMs / 1000} s` };
}
