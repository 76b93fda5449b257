/**
 * Wealth of a gambler who bets that the mean of bounded observations is above a margin. One entry for each
 * fraction of BET_FRACTIONS, as natural logarithms, so that the state can be written down and read back.
 */
export interface Bets {
  logWealth: number[];
  observations: number;
}

/** What one observation may be, and what the null hypothesis says of its mean. All must be known before it is seen. */
export interface BetTerms {
  /** Least value the observation can take; below the margin. */
  readonly low: number;
  /** The null hypothesis: given the past, the observation's mean is at most this. */
  readonly margin: number;
}

/**
 * Shares of the largest bet that cannot lose all. From 0.9 down by halves: the best constant bet is within a
 * factor sqrt 2 of one of them. Each further one costs all the others a little of their stake.
 */
const BET_FRACTIONS: readonly number[] = Array.from({ length: 6 }, (_, k) => 0.9 / 2 ** k);

export function startBets(): Bets {
  return { logWealth: BET_FRACTIONS.map(() => 0), observations: 0 };
}

/**
 * Takes one observation x into `bets`: each wealth is multiplied by 1 + l (x - margin) with
 * l = fraction / (margin - low), so that it stays positive. Under the null the mean of the wealths is a
 * non-negative supermartingale that starts at 1, whatever depends on what in the past: Waudby-Smith &
 * Ramdas 2024, "Estimating means of bounded random variables by betting", Proposition 2 and section 4.2;
 * for two samples Shekhar & Ramdas 2023, "Nonparametric two-sample testing by betting".
 * @throws RangeError when x is below `low`, or `low` is not below `margin`
 */
export function placeBets(bets: Bets, x: number, { low, margin }: BetTerms): void {
  if (!(low < margin)) throw new RangeError(`low is ${low}; it must be below the margin ${margin}`);
  // Sums of doubles may leave the bound by an ulp or so.
  if (!(x >= low - 1e-9)) throw new RangeError(`observation ${x} is below its bound ${low}`);
  const gain = Math.max(x, low) - margin;
  const scale = 1 / (margin - low);
  for (const [k, fraction] of BET_FRACTIONS.entries()) bets.logWealth[k]! += Math.log1p(fraction * scale * gain);
  bets.observations += 1;
}

/** Natural logarithm of the e-value: the mean of the wealths (method of mixtures). */
export function logEvidence({ logWealth }: Bets): number {
  return logMeanExp(logWealth);
}

/** log of the mean of exp(values), without overflow. -Infinity for an empty list. */
export function logMeanExp(values: readonly number[]): number {
  const most = Math.max(...values);
  if (!Number.isFinite(most)) return most;
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0) / values.length);
}
