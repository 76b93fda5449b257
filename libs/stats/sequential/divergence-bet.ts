/** A bet on how two share vectors differ: observation = (sum p_j a_j + sum q_j b_j) / 2. */
export interface DivergenceBet {
  readonly a: readonly number[];
  readonly b: readonly number[];
  /** Least value of the observation, bits. */
  readonly low: number;
}

/** Stands for as many past selections spread over all experts: keeps the first bets small. */
const PRIOR_SELECTIONS = 50;
/**
 * How far D goes from 1/2 to P/(P+Q). Half way still has three quarters of the divergence for its mean, while
 * the most that one window can cost, which limits every bet, halves at least.
 */
const BOLDNESS = 0.5;

/**
 * Chooses the bet from past counts. By the variational form of the Jensen-Shannon divergence,
 * JSD(P, Q) = sup over D of (E_P log2 2D + E_Q log2 2(1-D)) / 2 bits, with the best D = P/(P+Q)
 * (Goodfellow et al. 2014, Proposition 1 and Theorem 1). So for any D chosen from the past the observation's
 * mean is at most the divergence, whatever the tokens of a request have to do with each other.
 * @throws RangeError when the vectors differ in length
 */
export function divergenceBet(pastP: readonly number[], pastQ: readonly number[]): DivergenceBet {
  if (pastP.length !== pastQ.length) throw new RangeError(`vectors of ${pastP.length} and ${pastQ.length} experts; compare the same layer`);
  const [p, q] = [smoothed(pastP), smoothed(pastQ)];
  const a: number[] = [];
  const b: number[] = [];
  for (const [j, share] of p.entries()) {
    const d = 0.5 + BOLDNESS * (share / (share + q[j]!) - 0.5);
    a.push(Math.log2(2 * d));
    b.push(Math.log2(2 * (1 - d)));
  }
  return { a, b, low: (Math.min(...a) + Math.min(...b)) / 2 };
}

/** The observation in bits for the counts of one window; null when either is empty. */
export function divergenceObservation({ a, b }: DivergenceBet, p: readonly number[], q: readonly number[]): number | null {
  const [sumP, sumQ] = [p, q].map((counts) => counts.reduce((sum, count) => sum + count, 0)) as [number, number];
  if (sumP <= 0 || sumQ <= 0) return null;
  const mean = (counts: readonly number[], values: readonly number[], sum: number): number => counts.reduce((total, count, j) => total + count * values[j]!, 0) / sum;
  return (mean(p, a, sumP) + mean(q, b, sumQ)) / 2;
}

function smoothed(counts: readonly number[]): readonly number[] {
  const sum = counts.reduce((total, count) => total + count, 0);
  return counts.map((count) => (count + PRIOR_SELECTIONS / counts.length) / (sum + PRIOR_SELECTIONS));
}
