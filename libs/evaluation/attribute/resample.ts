import { normalCdf } from '#libs/stats/paired/normal';
import { seededUniform } from '#libs/stats/paired/seeded-uniform';
import { studentQuantile } from '#libs/stats/student-t';

/** How often each item, and each pair of orders, was drawn. */
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

/**
 * What as many other texts would be, as far as these tell: drawn from an urn that holds each text once and into which
 * each that is drawn goes back with another of its kind (Polya's urn; Lo 1988, "A Bayesian bootstrap for a finite
 * population"). A resample says how far the measured value may be off. Other texts are off on their own account too, so
 * these spread about sqrt(2) times as wide: what they agree on would be found again. No text is measured; the first is what was.
 */
export function* repetitionsOf(items: number, pairs: number, count: number, seed: number): Generator<Resample> {
  yield { weights: new Float64Array(items).fill(1), pairs: new Float64Array(pairs).fill(1) };
  const uniform = seededUniform(seed);
  for (let at = 0; at < count; at++) yield { weights: drawnFromUrn(items, uniform), pairs: drawn(pairs, uniform) };
}

function drawnFromUrn(count: number, uniform: () => number): Float64Array {
  const weights = new Float64Array(count);
  const urn = Array.from({ length: count }, (_, item) => item);
  for (let draw = 0; draw < count; draw++) {
    const item = urn[Math.floor(uniform() * urn.length)]!;
    urn.push(item);
    weights[item]! += 1;
  }
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

/**
 * The share of resamples to leave out on either side, so that an interval of few items covers what it says: resamples
 * of n items spread sqrt((n - 1) / n) too little, and know nothing of Student's t. P(Z < -sqrt(n / (n - 1)) t), the
 * expanded percentile interval (Hesterberg 2015, "What teachers should know about the bootstrap").
 */
export function expandedTail(items: number): number {
  return items < 2 ? 0 : normalCdf(-Math.sqrt(items / (items - 1)) * studentQuantile((1 - LEVEL) / 2, items - 1));
}

/** What was measured, with a 95 % interval. @param values of the resamples; the first is what was measured @param tail {@link expandedTail} */
export function percentiles([value, ...rest]: readonly number[], tail: number): Interval {
  const sorted = Float64Array.from(rest).toSorted();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return { value: value!, low: at(tail), high: at(1 - tail) };
}

/** Share of the resamples for which something holds. */
export function shareOf<T>([, ...rest]: readonly T[], holds: (one: T) => boolean): number {
  return rest.filter(holds).length / rest.length;
}
