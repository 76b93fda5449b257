/** Index of the pair i < j in the upper triangle of an E x E matrix, stored row by row without the diagonal. */
export function pairIndex(i: number, j: number, experts: number): number {
  return i * experts - (i * (i + 1)) / 2 + (j - i - 1);
}

/** Number of unordered pairs of different experts. */
export function pairCount(experts: number): number {
  return (experts * (experts - 1)) / 2;
}

/**
 * Co-activation: share of the tokens of expert i that expert j got as well, N_ij / N_i; [i][j], rows
 * need not be symmetric. The diagonal is 1. Rows of experts without a token are null.
 * `pairs` holds N_ij for i < j (see pairIndex), `load` N_i. Source: OLMoE (arXiv 2409.02060), section 5.
 * Throws RangeError when the lengths do not match.
 */
export function coActivation(load: readonly number[], pairs: readonly number[]): (number[] | null)[] {
  const experts = load.length;
  if (pairs.length !== pairCount(experts)) {
    throw new RangeError(`coActivation: ${pairs.length} pairs for ${experts} experts; ${pairCount(experts)} are needed`);
  }
  return load.map((own, i) => {
    if (own === 0) return null;
    return load.map((_, j) => (i === j ? 1 : (pairs[pairIndex(Math.min(i, j), Math.max(i, j), experts)] ?? 0) / own));
  });
}
