import { shares, total } from './entropy.ts';

/**
 * Sufficient sums of a clustered count vector. n_rj is how often request r selected expert j, n_r its
 * sum over j. The sums add over minutes, releases and segments, so that roll-ups can keep them.
 */
export interface ClusteredCounts {
  /** sum_r n_rj, one for each expert. */
  readonly load: readonly number[];
  /** sum_r n_rj n_r, one for each expert. */
  readonly crossLoad: readonly number[];
  /** sum_r sum_j n_rj^2. */
  readonly sumSquaresCells: number;
  /** sum_r n_r^2. */
  readonly sumSquaresRequests: number;
  /** R: requests with at least one selection. */
  readonly requests: number;
}

/**
 * Design effect of k distinct experts per token and tokens that are independent of each other:
 * (E - k)/(E - 1), the finite population correction of Cochran 1977, section 2.6. Dependence inside a
 * request only adds to it, so it serves as the floor of an estimate. Never below 0.05, so that a layer
 * that always takes all its experts does not divide by zero.
 */
export function designEffectFloor(experts: number, topK: number): number {
  return experts > 1 ? Math.max(0.05, (experts - topK) / (experts - 1)) : 1;
}

/**
 * Generalised design effect: how many times larger the variance of the shares is than it would be if
 * all selections were independent. The shares are ratio estimates over whole requests, so
 *   sum_j Var(p_j) = R/(R-1) (1/n^2) sum_r sum_j (n_rj - p_j n_r)^2
 *                  = R/(R-1) (1/n^2) [cells - 2 sum_j p_j cross_j + (sum_j p_j^2) requests^2],
 * divided by the multinomial's sum_j p_j(1-p_j)/n. Source: Rao & Scott 1981, "The analysis of
 * categorical data from complex sample surveys". It is an average over the directions in which shares
 * can move. Null with fewer than two requests: one request cannot tell how much requests differ.
 */
export function designEffect(counts: ClusteredCounts, floor: number): number | null {
  const n = total(counts.load);
  const { requests } = counts;
  if (requests < 2 || n <= 0) return null;
  const p = shares(counts.load);
  const sumP2 = p.reduce((sum, share) => sum + share * share, 0);
  const independent = (1 - sumP2) / n;
  if (independent <= 0) return Math.max(floor, 1);
  const crossTerm = p.reduce((sum, share, j) => sum + share * (counts.crossLoad[j] ?? 0), 0);
  const clustered =
    (counts.sumSquaresCells - 2 * crossTerm + sumP2 * counts.sumSquaresRequests) *
    (requests / (requests - 1) / (n * n));
  return Math.max(floor, clustered / independent);
}

/** Sums of a list of requests, each a count vector over the same experts. */
export function clusteredCounts(perRequest: readonly (readonly number[])[], experts: number): ClusteredCounts {
  const load = Array.from({ length: experts }, () => 0);
  const crossLoad = Array.from({ length: experts }, () => 0);
  let sumSquaresCells = 0;
  let sumSquaresRequests = 0;
  let requests = 0;
  for (const counts of perRequest) {
    const n = total(counts);
    if (n === 0) continue;
    requests += 1;
    sumSquaresRequests += n * n;
    for (const [j, count] of counts.entries()) {
      load[j] = (load[j] ?? 0) + count;
      crossLoad[j] = (crossLoad[j] ?? 0) + count * n;
      sumSquaresCells += count * count;
    }
  }
  return { load, crossLoad, sumSquaresCells, sumSquaresRequests, requests };
}
