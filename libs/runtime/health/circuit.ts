/**
 * Why an expert was taken out of service. error: its session threw. not-finite: it gave NaN or infinity.
 * timeout: runs took longer than the limit. slow: its runs take far longer than those of its peers.
 * wrong-output: a probe gave other numbers than when it was loaded.
 */
export const FAILURE_REASONS = ['error', 'not-finite', 'timeout', 'slow', 'wrong-output'] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

export interface CircuitLimits {
  /** Runs over the time limit, within `timeoutWindowMs` of the first, that open it. Any other failure opens it at once. */
  readonly timeoutsToOpen: number;
  readonly timeoutWindowMs: number;
  /** Time from opening to the first probe; doubles with each failed one. */
  readonly firstProbeMs: number;
  readonly maxProbeMs: number;
  /** Good probes in a row that close it. */
  readonly probesToClose: number;
  /** An expert that fails again within this time after closing goes on with the delay it had. */
  readonly forgiveMs: number;
}

/**
 * One expert's circuit breaker. closed: it serves. open: it does not, and is probed at probeAtMs.
 * half-open: a probe went well, and it serves again after enough of them. Only probes run an expert
 * whose circuit is not closed, so no request is the test.
 */
export interface Circuit {
  readonly state: 'closed' | 'open' | 'half-open';
  /** Why it opened; null when closed. */
  readonly reason: FailureReason | null;
  /** When it opened; when closed, when it closed. */
  readonly sinceMs: number;
  /** null when closed. */
  readonly probeAtMs: number | null;
  /** How often the delay before a probe has doubled. */
  readonly doublings: number;
  readonly goodProbes: number;
  /** Runs over the time limit since strikesFromMs. */
  readonly strikes: number;
  readonly strikesFromMs: number;
}

export function closedCircuit(nowMs: number): Circuit {
  return { state: 'closed', reason: null, sinceMs: nowMs, probeAtMs: null, doublings: 0, goodProbes: 0, strikes: 0, strikesFromMs: nowMs };
}

/** What a failure in service, or in a probe of an expert that serves, makes of a circuit. */
export function afterFailure(circuit: Circuit, reason: FailureReason, nowMs: number, limits: CircuitLimits): Circuit {
  if (circuit.state !== 'closed') return circuit;
  if (reason === 'timeout') {
    const isNew = nowMs - circuit.strikesFromMs > limits.timeoutWindowMs || circuit.strikes === 0;
    const strikes = isNew ? 1 : circuit.strikes + 1;
    if (strikes < limits.timeoutsToOpen) return { ...circuit, strikes, strikesFromMs: isNew ? nowMs : circuit.strikesFromMs };
  }
  // A circuit that has never been open has no delay to go on with.
  const isRelapse = circuit.doublings > 0 && nowMs - circuit.sinceMs <= limits.forgiveMs;
  return opened(reason, nowMs, nowMs, isRelapse ? circuit.doublings : 0, limits);
}

/** What a probe makes of a circuit; `failure` null: the expert gave the right numbers in time. */
export function afterProbe(circuit: Circuit, failure: FailureReason | null, nowMs: number, limits: CircuitLimits): Circuit {
  if (circuit.state === 'closed') return failure === null ? circuit : afterFailure(circuit, failure, nowMs, limits);
  if (failure !== null) return opened(failure, circuit.sinceMs, nowMs, circuit.doublings, limits);
  const goodProbes = circuit.goodProbes + 1;
  if (goodProbes < limits.probesToClose) return { ...circuit, state: 'half-open', goodProbes, probeAtMs: nowMs + limits.firstProbeMs };
  return { ...closedCircuit(nowMs), doublings: circuit.doublings };
}

function opened(reason: FailureReason, sinceMs: number, nowMs: number, doublings: number, limits: CircuitLimits): Circuit {
  const delayMs = Math.min(limits.firstProbeMs * 2 ** doublings, limits.maxProbeMs);
  const next = delayMs < limits.maxProbeMs ? doublings + 1 : doublings;
  return { state: 'open', reason, sinceMs, probeAtMs: nowMs + delayMs, doublings: next, goodProbes: 0, strikes: 0, strikesFromMs: nowMs };
}
