/**
 * The e-BH procedure: indices of the hypotheses to reject so that the expected share of false ones
 * among them is at most `level`, whatever the dependence between the e-values. The k largest are
 * rejected for the largest k with e_(k) >= m / (k level). Source: Wang & Ramdas 2022 (arXiv 2009.02824).
 * Returns ascending indices.
 */
export function eBenjaminiHochberg(eValues: readonly number[], level: number): number[] {
  const order = eValues.map((_, index) => index).toSorted((a, b) => (eValues[b] ?? 0) - (eValues[a] ?? 0) || a - b);
  let rejected = 0;
  for (const [rank, index] of order.entries()) {
    if ((eValues[index] ?? 0) >= eValues.length / ((rank + 1) * level)) rejected = rank + 1;
  }
  return order.slice(0, rejected).toSorted((a, b) => a - b);
}
