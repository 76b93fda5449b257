import { covariance, meanOf } from './moments.ts';

/** Fewer requests than this freeze no baseline: the bounds would be too wide to see anything. */
export const MIN_BASELINE_REQUESTS = 1000;

/** Values of half C that are kept of one layer, all mixes together: 2 MiB, 8,192 requests of 64 experts or 2,048 of 256. */
export const MAX_CALIBRATION_VALUES = 524_288;

/** Values of half C are kept in units of 1/32767, as they are stored. */
export const CALIBRATION_UNITS = 32_767;

/** Known mixes of one baseline: each one shares the level of the bounds, and their requests. */
export const MAX_MIXES = 64;

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
  readonly covariance: Float32Array;
  /** Requests of half A. */
  readonly estimatedRequests: number;
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
export function freezeUsageBaseline(mixes: readonly KnownMix[], minRequests = MIN_BASELINE_REQUESTS): UsageBaseline {
  const requests = mixes.reduce((sum, { shares }) => sum + shares.length, 0);
  if (requests < minRequests) throw new RangeError(`the baseline has ${requests} requests; ${minRequests} are needed`);
  const experts = mixes[0]?.shares[0]?.length ?? 0;
  const wrong = mixes.find(({ shares }) => shares.some((one) => one.length !== experts));
  if (wrong) throw new RangeError(`mix ${wrong.name}: every request must have shares of ${experts} experts`);
  const small = mixes.find(({ shares }) => shares.length < 4);
  if (small) throw new RangeError(`mix ${small.name} has ${small.shares.length} requests; 4 are needed`);
  if (mixes.length > MAX_MIXES) throw new RangeError(`the baseline has ${mixes.length} mixes; ${MAX_MIXES} are allowed`);
  const estimating = mixes.flatMap(({ shares }) => shares.filter((_, index) => index % 2 === 0));
  const limit = Math.max(2, Math.floor(MAX_CALIBRATION_VALUES / experts / mixes.length));
  const mean = meanOf(estimating, experts);
  return {
    experts,
    mean,
    covariance: covariance(estimating, mean),
    estimatedRequests: estimating.length,
    calibrations: mixes.map(({ name, shares }) => calibration(name, thinned(shares.filter((_, index) => index % 2 === 1), limit), experts)),
  };
}

/** At most `limit` requests, evenly over time. */
function thinned(requests: readonly Float32Array[], limit: number): readonly Float32Array[] {
  if (requests.length <= limit) return requests;
  return Array.from({ length: limit }, (_, at) => requests[Math.floor((at * requests.length) / limit)]!);
}

function calibration(name: string, requests: readonly Float32Array[], experts: number): Calibration {
  const shares = new Float32Array(requests.length * experts);
  for (const [index, one] of requests.entries()) for (let j = 0; j < experts; j += 1) shares[index * experts + j] = (Math.round(one[j]! * CALIBRATION_UNITS) + 0) / CALIBRATION_UNITS;
  return { name, requests: requests.length, shares };
}
