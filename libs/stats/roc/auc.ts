import { CONFIDENCE_95, type Interval } from '../entropy-estimate.ts';

export interface Auc {
  /** Probability that a random positive scores above a random negative, ties counting half. */
  readonly value: number;
  /** Variance of the value (DeLong); null with fewer than two of either kind. */
  readonly variance: number | null;
  /** null with fewer than two of either kind. */
  readonly interval: Interval | null;
}

/**
 * Area under the receiver operating characteristic. Variance: DeLong, DeLong & Clarke-Pearson 1988
 * (Biometrics 44), by the midranks of Sun & Xu 2014 (IEEE Signal Process. Lett. 21): with m positives and
 * n negatives, V10_i = (R_i - R_i within the positives)/n, V01_j = 1 - (R_j - R_j within the negatives)/m,
 * Var = S10/m + S01/n. Interval on the logit scale, which stays within 0 and 1; at an area of 0 or 1,
 * where the variance is 0, the exact bound of one side: (alpha/2)^(1/min(m, n)).
 * null when either kind is missing.
 */
export function areaUnderCurve(positives: readonly number[], negatives: readonly number[]): Auc | null {
  const m = positives.length;
  const n = negatives.length;
  if (m === 0 || n === 0) return null;
  const all = midranks([...positives, ...negatives]);
  const ownPositives = midranks(positives);
  const ownNegatives = midranks(negatives);
  const v10 = Array.from(ownPositives, (rank, i) => (all[i]! - rank) / n);
  const v01 = Array.from(ownNegatives, (rank, j) => 1 - (all[m + j]! - rank) / m);
  const value = v10.reduce((sum, part) => sum + part, 0) / m;
  if (m < 2 || n < 2) return { value, variance: null, interval: null };
  const variance = sampleVariance(v10) / m + sampleVariance(v01) / n;
  return { value, variance, interval: intervalOf(value, variance, Math.min(m, n)) };
}

function intervalOf(value: number, variance: number, fewest: number): Interval {
  const { level, z } = CONFIDENCE_95;
  const far = ((1 - level) / 2) ** (1 / fewest);
  if (value >= 1) return { low: far, high: 1, level };
  if (value <= 0) return { low: 0, high: 1 - far, level };
  const logit = Math.log(value / (1 - value));
  const half = (z * Math.sqrt(variance)) / (value * (1 - value));
  return { low: 1 / (1 + Math.exp(half - logit)), high: 1 / (1 + Math.exp(-half - logit)), level };
}

/** Ranks from 1; equal values share the mean of theirs. */
function midranks(values: readonly number[]): Float64Array {
  const order = [...values.keys()].toSorted((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to += 1;
    for (let at = from; at < to; at += 1) ranks[order[at]!] = (from + to + 1) / 2;
    from = to;
  }
  return ranks;
}

function sampleVariance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}
