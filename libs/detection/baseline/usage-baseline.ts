import { covariance, meanOf } from './moments.ts';

/** Fewer requests than this freeze no baseline: the bounds would be too wide to see anything. */
export const MIN_BASELINE_REQUESTS = 1000;

/** Requests of one known mix (an hour, a segment), kept to bound the mean of a bet under it. */
export interface Calibration {
  readonly name: string;
  readonly requests: number;
  /** Expert shares of each request, [requests][experts]. */
  readonly shares: Float32Array;
}

/** Frozen reference usage of one layer. Shares of a request sum to 1. */
export interface UsageBaseline {
  readonly experts: number;
  /** Mean share of each expert over half A. */
  readonly mean: Float64Array;
  /** Covariance of a request's shares over half A, [experts][experts]. */
  readonly covariance: Float64Array;
  /** Half C of each known mix. */
  readonly calibrations: readonly Calibration[];
}

/** Requests of one known mix in order of time, [requests][experts]. */
export interface KnownMix {
  readonly name: string;
  readonly shares: readonly Float32Array[];
}

/**
 * Freezes a baseline. Every other request estimates (half A), the rest calibrates (half C): taken in
 * turn, so that both see the same hours.
 * @throws RangeError naming what is too small or does not fit
 */
export function freezeUsageBaseline(mixes: readonly KnownMix[]): UsageBaseline {
  const requests = mixes.reduce((sum, { shares }) => sum + shares.length, 0);
  if (requests < MIN_BASELINE_REQUESTS) throw new RangeError(`the baseline has ${requests} requests; ${MIN_BASELINE_REQUESTS} are needed`);
  const experts = mixes[0]?.shares[0]?.length ?? 0;
  const wrong = mixes.find(({ shares }) => shares.some((one) => one.length !== experts));
  if (wrong) throw new RangeError(`mix ${wrong.name}: every request must have shares of ${experts} experts`);
  const small = mixes.find(({ shares }) => shares.length < 4);
  if (small) throw new RangeError(`mix ${small.name} has ${small.shares.length} requests; 4 are needed`);
  const estimating = mixes.flatMap(({ shares }) => shares.filter((_, index) => index % 2 === 0));
  const mean = meanOf(estimating, experts);
  return {
    experts,
    mean,
    covariance: covariance(estimating, mean),
    calibrations: mixes.map(({ name, shares }) => calibration(name, shares.filter((_, index) => index % 2 === 1), experts)),
  };
}

function calibration(name: string, requests: readonly Float32Array[], experts: number): Calibration {
  const shares = new Float32Array(requests.length * experts);
  for (const [index, one] of requests.entries()) shares.set(one, index * experts);
  return { name, requests: requests.length, shares };
}
