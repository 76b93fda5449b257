import { divergenceInterval, estimateDivergence } from '#libs/stats/divergence-estimate';
import { type Estimate } from '../run/result.ts';

/**
 * Jensen-Shannon divergence, bits, of the mean usage of one layer's experts between candidate and
 * reference, over the same items: less what the differences between items alone would show, with the
 * interval of libs/stats/divergence-estimate at the covariance of the paired differences of shares. The
 * items count alike, whatever their lengths. One item gives no interval.
 * @param candidate [items][experts] selections
 * @param reference of the same items
 */
export function movedBits(candidate: readonly (readonly number[])[], reference: readonly (readonly number[])[]): Estimate {
  const n = candidate.length;
  const left = candidate.map(sharesOf);
  const right = reference.map(sharesOf);
  const p = meanOf(left);
  const q = meanOf(right);
  const experts = p.length;
  const none = new Float64Array(experts);
  if (n < 2) return { value: estimateDivergence({ mean: p, variance: none, requests: 1 }, { mean: q, variance: none, requests: 1 }).bits, low: null, high: null, n };
  const covariance = new Float64Array(experts * experts);
  for (const [at, shares] of left.entries()) {
    const deviations = shares.map((share, expert) => share - right[at]![expert]! - (p[expert]! - q[expert]!));
    for (let i = 0; i < experts; i += 1) {
      for (let j = 0; j < experts; j += 1) covariance[i * experts + j]! += (deviations[i]! * deviations[j]!) / (n - 1);
    }
  }
  const variance = Float64Array.from({ length: experts }, (_, expert) => covariance[expert * experts + expert]!);
  const { bits } = estimateDivergence({ mean: p, variance, requests: n }, { mean: q, variance: none, requests: n });
  const { low, high } = divergenceInterval(bits, p, q, covariance, 1 / n);
  return { value: bits, low, high, n };
}

export function sharesOf(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total > 0 ? count / total : 0));
}

function meanOf(items: readonly (readonly number[])[]): Float64Array {
  const mean = new Float64Array(items[0]?.length ?? 0);
  for (const shares of items) for (const [expert, share] of shares.entries()) mean[expert]! += share / items.length;
  return mean;
}
