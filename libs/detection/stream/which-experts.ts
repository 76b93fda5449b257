import { empiricalBernsteinUpper } from '#libs/stats/empirical-bernstein';
import { eBenjaminiHochberg } from '#libs/stats/e-benjamini-hochberg';
import { type UsageBaseline } from '../baseline/usage-baseline.ts';
import { type ExpertEvidence } from '../reading/reading.ts';
import { varianceOf } from '../usage-shift/bet.ts';

/** Scores are clipped to so many standard deviations. */
const CLIP = 3;
const BET_SIZES = [0.1, 0.3] as const;
/** Enough for any level of the e-BH procedure; more would only overflow. */
const MAX_WEALTH = 1e12;
/** A finding names this many experts at most. */
const MAX_EXPERTS = 10;
/** Shown even where their e-values do not suffice: those that moved most. */
const SHOWN_EXPERTS = 3;

/** e-processes of single experts, begun at an alarm. Plain data. */
export interface ExpertProcesses {
  requests: number;
  /** Wealth by bet size, then direction (up, down), then expert: [2][2][experts]. */
  readonly wealth: number[];
}

export function newExpertProcesses(experts: number): ExpertProcesses {
  return { requests: 0, wealth: Array.from({ length: BET_SIZES.length * 2 * experts }, () => 1) };
}

/**
 * Upper bounds of the mean score +-(y_j - q0_j)/sigma_j, clipped, under each known mix, the largest of
 * them: [up of each expert, down of each expert]. All hold together with probability 1 - beta.
 */
export function expertBounds(baseline: UsageBaseline, beta: number): Float32Array {
  const { experts, calibrations } = baseline;
  const bounds = new Float32Array(2 * experts).fill(-CLIP);
  const level = beta / (2 * experts * calibrations.length);
  for (const { requests, shares } of calibrations) {
    const scores = new Float64Array(requests);
    for (let j = 0; j < experts; j += 1) {
      for (const [side, sign] of [1, -1].entries()) {
        for (let at = 0; at < requests; at += 1) scores[at] = sign * score(baseline, j, shares[at * experts + j]!);
        bounds[side * experts + j] = Math.max(bounds[side * experts + j]!, empiricalBernsteinUpper(scores, 2 * CLIP, level));
      }
    }
  }
  return bounds.map((bound) => Math.min(CLIP, bound));
}

/**
 * One more request since the alarm. Each wealth is multiplied by 1 + lambda (s - bound), whose mean is at
 * most 1 while the expert's share is that of a known mix. It starts at 1 at a stopping time and sees only what
 * comes after, so it is an e-value whenever it is looked at; what raised the alarm is not used twice.
 */
export function observeExperts(processes: ExpertProcesses, values: ArrayLike<number>, baseline: UsageBaseline, bounds: Float32Array): void {
  const { experts } = baseline;
  processes.requests += 1;
  for (let j = 0; j < experts; j += 1) {
    const up = score(baseline, j, values[j]!);
    for (let side = 0; side < 2; side += 1) {
      const bound = bounds[side * experts + j]!;
      const gain = (side === 0 ? up : -up) - bound;
      for (const [index, size] of BET_SIZES.entries()) {
        const at = (index * 2 + side) * experts + j;
        // The worst score must not make a bet negative.
        const stake = Math.min(size, 1 / (CLIP + bound));
        processes.wealth[at] = Math.min(MAX_WEALTH, processes.wealth[at]! * (1 + stake * gain));
      }
    }
  }
}

/** e-value of each expert: the mean of its wealths over sizes and directions (Vovk & Wang 2021). */
export function expertEValues({ wealth }: ExpertProcesses, experts: number): number[] {
  const sums = Array.from({ length: experts }, () => 0);
  for (let at = 0; at < wealth.length; at += 1) sums[at % experts]! += wealth[at]!;
  return sums.map((sum) => sum / (2 * BET_SIZES.length));
}

/**
 * The experts that moved, largest e-value first: those that the e-BH procedure names, so that on average at most
 * `level` of them are false; where it names fewer than three, then those whose mean moved most, with their e-values.
 * @param shares,baselineShares by expert, as shown to people
 * @param experts how many of the baseline's values are experts
 */
export function namedExperts(processes: ExpertProcesses, baseline: UsageBaseline, shares: ArrayLike<number>, baselineShares: ArrayLike<number>, experts: number, level: number): ExpertEvidence[] {
  const eValues = expertEValues(processes, baseline.experts).slice(0, experts);
  const moved = (j: number): number => Math.abs(shares[j]! - baselineShares[j]!) / Math.sqrt(varianceOf(baseline.covariance, baseline.experts, j));
  const named = eBenjaminiHochberg(eValues, level).toSorted((a, b) => eValues[b]! - eValues[a]! || moved(b) - moved(a));
  const others = eValues.map((_, j) => j).filter((j) => !named.includes(j)).toSorted((a, b) => moved(b) - moved(a));
  return [...named.slice(0, MAX_EXPERTS), ...others.slice(0, Math.max(0, SHOWN_EXPERTS - named.length))].map((expert) => ({
    expert,
    share: shares[expert]!,
    baselineShare: baselineShares[expert]!,
    eValue: eValues[expert]!,
  }));
}

function score({ mean, covariance, experts }: UsageBaseline, j: number, value: number): number {
  return Math.min(CLIP, Math.max(-CLIP, (value - mean[j]!) / Math.sqrt(varianceOf(covariance, experts, j))));
}
