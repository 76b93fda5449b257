import { type CircuitLimits } from './circuit.ts';
import { type LatencyLimits } from './latency-book.ts';

/** When experts are taken out of service, and how they come back. */
export interface HealthLimits extends CircuitLimits, LatencyLimits {
  /** A run that takes longer counts as a timeout, afterwards: a run under way cannot be stopped. */
  readonly timeoutMs: number;
  /** Time between two probes of experts that serve, one at a time in turn; 0: none. */
  readonly patrolMs: number;
  /** Experts that each layer needs; with fewer, requests fail. At least 1. */
  readonly minimumExperts: number;
}

export const DEFAULT_HEALTH_LIMITS: HealthLimits = {
  timeoutMs: 10_000,
  timeoutsToOpen: 3,
  timeoutWindowMs: 60_000,
  slowFactor: 4,
  slowFloorMs: 5,
  firstProbeMs: 250,
  maxProbeMs: 60_000,
  probesToClose: 2,
  forgiveMs: 60_000,
  patrolMs: 1000,
  minimumExperts: 1,
};
