import { empiricalBernsteinUpper } from '#libs/stats/empirical-bernstein';
import { quadraticForm } from '../baseline/moments.ts';
import { type UsageBaseline } from '../baseline/usage-baseline.ts';

/** A direction to bet along, and the most that a request of the baseline gives on average. */
export interface Bet {
  /** Weights of the experts' share differences; unit standard deviation under the baseline. */
  readonly direction: readonly number[];
  /** Upper bound of the mean score over every known mix. */
  readonly meanBound: number;
}

/** Score of a request along a direction: the weighted difference to the baseline's mean shares, clipped. */
export function betScore(direction: readonly number[], shares: ArrayLike<number>, offset: number, mean: ArrayLike<number>, clip: number): number {
  let score = 0;
  for (let j = 0; j < direction.length; j += 1) score += direction[j]! * (shares[offset + j]! - mean[j]!);
  return Math.min(clip, Math.max(-clip, score));
}

/**
 * Turns a difference into a direction of unit standard deviation under half A; null when the baseline
 * does not vary along it. Each expert's difference is divided by its variance, as is best for
 * independent experts (Fisher 1936).
 */
export function unitDirection(baseline: UsageBaseline, difference: ArrayLike<number>): number[] | null {
  const { experts, covariance } = baseline;
  const direction = new Float64Array(experts);
  for (let j = 0; j < experts; j += 1) direction[j] = (difference[j] ?? 0) / varianceOf(covariance, experts, j);
  const deviation = Math.sqrt(quadraticForm(covariance, direction));
  if (!(deviation > 0 && deviation < Infinity)) return null;
  return Array.from(direction, (value) => value / deviation);
}

/** Variance of an expert's share; an expert that never varied counts as barely varying, so that its waking is seen. */
export function varianceOf(covariance: Float32Array, experts: number, expert: number): number {
  const floor = 1e-9;
  return Math.max(floor, covariance[expert * experts + expert] ?? 0);
}

/**
 * Bounds the mean score of a direction under each known mix by its half C, at `level` altogether, and
 * takes the largest: any mixture of the mixes then has a smaller mean, so that only a change that no
 * known mix explains makes the bet win. Costs a pass over half C.
 */
export function boundMean(baseline: UsageBaseline, direction: readonly number[], clip: number, level: number): number {
  const weights = Float64Array.from(direction);
  let offset = 0;
  for (let j = 0; j < weights.length; j += 1) offset += weights[j]! * baseline.mean[j]!;
  let largest = -clip;
  for (const { requests, shares } of baseline.calibrations) {
    const scores = calibrationScores(shares, requests, weights, offset, clip);
    largest = Math.max(largest, empiricalBernsteinUpper(scores, 2 * clip, level / baseline.calibrations.length));
  }
  return Math.min(clip, largest);
}

/** Four sums at a time: the additions of one would wait for each other. */
function calibrationScores(shares: Float32Array, requests: number, weights: Float64Array, offset: number, clip: number): Float64Array {
  const experts = weights.length;
  const even = experts - (experts % 4);
  const scores = new Float64Array(requests);
  for (let at = 0, base = 0; at < requests; at += 1, base += experts) {
    let a = -offset;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let j = 0; j < even; j += 4) {
      a += weights[j]! * shares[base + j]!;
      b += weights[j + 1]! * shares[base + j + 1]!;
      c += weights[j + 2]! * shares[base + j + 2]!;
      d += weights[j + 3]! * shares[base + j + 3]!;
    }
    for (let j = even; j < experts; j += 1) a += weights[j]! * shares[base + j]!;
    scores[at] = Math.min(clip, Math.max(-clip, a + b + (c + d)));
  }
  return scores;
}

/**
 * About how far above the true mean the bound of a direction will be, without the pass that the bound
 * takes: that of scores of unit deviation in the largest known mix. Only serves to spare hopeless bets.
 */
export function expectedMargin(baseline: UsageBaseline, clip: number, level: number): number {
  let requests = 2;
  for (const calibration of baseline.calibrations) requests = Math.max(requests, calibration.requests);
  const log = Math.log((2 * baseline.calibrations.length) / level);
  return Math.sqrt((2 * log) / requests) + (14 * clip * log) / (3 * (requests - 1));
}
