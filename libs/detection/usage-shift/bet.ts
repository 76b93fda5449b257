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
  for (let j = 0; j < direction.length; j += 1) score += direction[j]! * ((shares[offset + j] ?? 0) - (mean[j] ?? 0));
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
 * known mix explains makes the bet win.
 */
export function boundMean(baseline: UsageBaseline, direction: readonly number[], clip: number, level: number): number {
  let largest = -clip;
  for (const { requests, shares } of baseline.calibrations) {
    const scores = new Float64Array(requests);
    for (let at = 0; at < requests; at += 1) scores[at] = betScore(direction, shares, at * baseline.experts, baseline.mean, clip);
    largest = Math.max(largest, empiricalBernsteinUpper(scores, 2 * clip, level / baseline.calibrations.length));
  }
  return Math.min(clip, largest);
}
