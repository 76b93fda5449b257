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

/**
 * What two samples of one law show as Jensen-Shannon divergence on average, in bits:
 * (E - 1) (deff_p/n + deff_q/m) / (8 ln 2), by a second-order expansion at p = q (Lin 1991; the
 * variance of each share inflated by the design effect). Take it off before judging a size.
 * @param left,right selections divided by their design effect
 */
export function jensenShannonBiasBits(experts: number, left: number, right: number): number {
  return ((experts - 1) * (1 / left + 1 / right)) / (8 * Math.LN2);
}

/**
 * Population stability index of two share vectors in nats: sum_j (p_j - q_j) ln(p_j / q_j), the
 * symmetrised Kullback-Leibler divergence (Jeffreys 1946). Shares below `floor` count as `floor`.
 */
export function populationStabilityIndex(left: readonly number[], right: readonly number[], floor: number): number {
  return left.reduce((sum, share, j) => {
    const p = Math.max(floor, share);
    const q = Math.max(floor, right[j] ?? 0);
    return sum + (p - q) * Math.log(p / q);
  }, 0);
}
