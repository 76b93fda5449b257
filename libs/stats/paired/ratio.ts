/**
 * A figure that is a sum over items divided by another sum over items, such as bits by bytes: item i adds
 * numerators[i] and denominators[i]. With all denominators 1 it is a mean.
 */
export interface RatioItems {
  readonly numerators: Float64Array;
  /** 0 or more; not all 0. */
  readonly denominators: Float64Array;
}

/** Sum of the numerators by sum of the denominators, in the order of the items. */
export function ratioOf({ numerators, denominators }: RatioItems): number {
  let numerator = 0;
  let denominator = 0;
  for (let at = 0; at < numerators.length; at += 1) {
    numerator += numerators[at]!;
    denominator += denominators[at]!;
  }
  return numerator / denominator;
}
