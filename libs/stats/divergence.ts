import { entropyOfShares, shares } from './entropy.ts';

/**
 * Jensen-Shannon divergence of two count vectors in bits: H((p+q)/2) - (H(p)+H(q))/2, in [0, 1].
 * Null when either is empty. Throws RangeError when their lengths differ. Source: Lin 1991.
 */
export function jensenShannonBits(left: readonly number[], right: readonly number[]): number | null {
  if (left.length !== right.length) {
    throw new RangeError(`jensenShannonBits: vectors of ${left.length} and ${right.length} experts; compare the same layer of the same model`);
  }
  const p = shares(left);
  const q = shares(right);
  if (!p.some((share) => share > 0) || !q.some((share) => share > 0)) return null;
  const middle = p.map((share, j) => (share + (q[j] ?? 0)) / 2);
  const bits = entropyOfShares(middle) - (entropyOfShares(p) + entropyOfShares(q)) / 2;
  return Math.min(1, Math.max(0, bits));
}
