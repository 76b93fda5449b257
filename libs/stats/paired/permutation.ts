import { ratioOf, type RatioItems } from './ratio.ts';
import { seededUniform } from './seeded-uniform.ts';

/** Up to so many items all 2^n exchanges are tried. */
const EXACT_ITEMS = 14;
/** Exchanges whose statistic is equal but for rounding count as equal. */
const ROUNDING = 1e-9;

/**
 * Two-sided paired permutation test of "which side an item's result comes from does not matter": the two
 * sides of each item are exchanged or not, and p is the share of exchanges whose difference of ratios is
 * at least as large as the one seen. Exact up to 14 items, above by `draws` random exchanges with
 * (b + 1)/(draws + 1), which keeps its level (Phipson & Smyth 2010, arXiv 1603.05766). Source of the
 * test: Fisher 1935; Pitman 1937.
 */
export function pairedPermutationP(candidate: RatioItems, reference: RatioItems, { draws, seed }: { readonly draws: number; readonly seed: number }): number {
  const items = candidate.numerators.length;
  const seen = Math.abs(ratioOf(candidate) - ratioOf(reference));
  const threshold = seen - ROUNDING * Math.max(seen, Math.abs(ratioOf(candidate)), Math.abs(ratioOf(reference)));
  const reached = (isExchanged: (at: number) => boolean): boolean => Math.abs(exchangedDifference(candidate, reference, isExchanged)) >= threshold;
  if (items <= EXACT_ITEMS) {
    let count = 0;
    for (let bits = 0; bits < 2 ** items; bits += 1) if (reached((at) => ((bits >>> at) & 1) === 1)) count += 1;
    return count / 2 ** items;
  }
  const uniform = seededUniform(seed);
  let count = 1;
  for (let draw = 0; draw < draws; draw += 1) if (reached(() => uniform() < 0.5)) count += 1;
  return count / (draws + 1);
}

function exchangedDifference(candidate: RatioItems, reference: RatioItems, isExchanged: (at: number) => boolean): number {
  let [leftNumerator, leftDenominator, rightNumerator, rightDenominator] = [0, 0, 0, 0];
  for (let at = 0; at < candidate.numerators.length; at += 1) {
    const [left, right] = isExchanged(at) ? [reference, candidate] : [candidate, reference];
    leftNumerator += left.numerators[at]!;
    leftDenominator += left.denominators[at]!;
    rightNumerator += right.numerators[at]!;
    rightDenominator += right.denominators[at]!;
  }
  return leftNumerator / leftDenominator - rightNumerator / rightDenominator;
}
