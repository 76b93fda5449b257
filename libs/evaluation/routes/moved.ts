import { jensenShannonBits } from '#libs/stats/divergence';
import { studentQuantile } from '#libs/stats/student-t';
import { type Estimate } from '../run/result.ts';

const TAIL_95 = 0.025;

/**
 * How far one layer's routes moved between candidate and reference, bits: the Jensen-Shannon divergence of
 * their usage of experts on the same item (Lin 1991), as mean over the items. Taken item by item, because
 * a router that exchanges the experts of two domains leaves the usage of both together as it was. The
 * tokens are the same, so there is no sampling noise to take off: equal routes give exactly 0. Interval:
 * Student's t over the items; one item gives none.
 * @param candidate [items][experts] selections
 * @param reference of the same items
 */
export function movedBits(candidate: readonly (readonly number[])[], reference: readonly (readonly number[])[]): Estimate {
  const bits = candidate.map((counts, at) => jensenShannonBits(counts, reference[at]!) ?? 0);
  const n = bits.length;
  const value = bits.reduce((sum, one) => sum + one, 0) / n;
  if (n < 2) return { value, low: null, high: null, n };
  const variance = bits.reduce((sum, one) => sum + (one - value) ** 2, 0) / (n - 1);
  const half = studentQuantile(TAIL_95, n - 1) * Math.sqrt(variance / n);
  return { value, low: Math.max(0, value - half), high: Math.min(1, value + half), n };
}

export function sharesOf(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total > 0 ? count / total : 0));
}
