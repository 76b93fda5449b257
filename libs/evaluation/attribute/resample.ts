import { seededUniform } from '#libs/stats/paired/seeded-uniform';

/** How often each item, and which pair of orders, was drawn. */
export interface Resample {
  /** [items] */
  readonly weights: Float64Array;
  /** [pairs] */
  readonly pairs: Float64Array;
}

/**
 * Resamples of items and, beside them, of pairs of orders: bits differ between texts, and sampled shares
 * between orders (the bootstrap over clusters; Efron & Tibshirani 1993, chapter 8). All sides of an item are
 * drawn together. The first is what was measured, each item once.
 */
export function* resamplesOf(items: number, pairs: number, count: number, seed: number): Generator<Resample> {
  yield { weights: new Float64Array(items).fill(1), pairs: new Float64Array(pairs).fill(1) };
  const uniform = seededUniform(seed);
  for (let at = 0; at < count; at++) yield { weights: drawn(items, uniform), pairs: drawn(pairs, uniform) };
}

function drawn(count: number, uniform: () => number): Float64Array {
  const weights = new Float64Array(count);
  for (let draw = 0; draw < count; draw++) weights[Math.floor(uniform() * count)]! += 1;
  return weights;
}

/** Sum of bits by sum of bytes, of the drawn items. */
export function resampledRatio(bits: Float64Array, bytes: Float64Array, { weights }: Resample): number {
  let numerator = 0;
  let denominator = 0;
  for (let at = 0; at < bits.length; at++) {
    numerator += weights[at]! * bits[at]!;
    denominator += weights[at]! * bytes[at]!;
  }
  return numerator / denominator;
}

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const LEVEL = 0.95;

/** What was measured, and between which values 95 % of the resamples lie. @param values the first is what was measured */
export function percentiles([value, ...rest]: readonly number[]): Interval {
  const sorted = Float64Array.from(rest).toSorted();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return { value: value!, low: at((1 - LEVEL) / 2), high: at((1 + LEVEL) / 2) };
}

/** Share of the resamples for which something holds. */
export function shareOf<T>([, ...rest]: readonly T[], holds: (one: T) => boolean): number {
  return rest.filter(holds).length / rest.length;
}
