/** A vector of counts with its sum: the number of selections of each expert. */
export function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Shares of a count vector, summing to 1; all zero when nothing was counted. */
export function shares(counts: readonly number[]): number[] {
  const n = total(counts);
  return counts.map((count) => (n > 0 ? count / n : 0));
}

/**
 * Shannon entropy in bits of a probability vector: -sum p log2 p, with 0 log 0 = 0.
 * Source: Shannon 1948, "A Mathematical Theory of Communication".
 */
export function entropyOfShares(probabilities: readonly number[]): number {
  let bits = 0;
  for (const p of probabilities) if (p > 0) bits -= p * Math.log2(p);
  return Math.max(0, bits);
}

/** Plug-in (maximum-likelihood) entropy in bits of a count vector. Biased low: see millerMadowBits. */
export function pluginEntropyBits(counts: readonly number[]): number {
  return entropyOfShares(shares(counts));
}

/**
 * The Miller-Madow correction in bits: (observed categories - 1) / (2 n_eff ln 2), to be added to
 * the plug-in entropy. `effectiveSelections` is n divided by the design effect, because selections
 * of one request are correlated. Source: Miller 1955, "Note on the bias of information estimates".
 */
export function millerMadowBits(observed: number, effectiveSelections: number): number {
  if (observed < 1 || !(effectiveSelections > 0)) return 0;
  return (observed - 1) / (2 * effectiveSelections * Math.LN2);
}

/** Number of experts that would give this entropy if all were used alike: 2^H, H in bits. */
export function effectiveExperts(bits: number): number {
  return 2 ** bits;
}

/** Entropy as a share of its maximum, H / log2 E; 1 for a single expert, which has no choice. */
export function normalisedEntropy(bits: number, experts: number): number {
  return experts > 1 ? bits / Math.log2(experts) : 1;
}
