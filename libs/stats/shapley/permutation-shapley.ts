/**
 * Random orders in antithetic pairs: each order is followed by itself from back to front, so that a game
 * whose players interact at most two at a time is worked out exactly by any one pair. Source: Mitchell,
 * Cooper, Frank & Holmes 2022, "Sampling permutations for Shapley value estimation", JMLR 23.
 * @param uniform draws from [0, 1)
 * @returns [pairs][2][players]
 */
export function antitheticOrders(players: number, pairs: number, uniform: () => number): [number[], number[]][] {
  return Array.from({ length: pairs }, () => {
    const order = Array.from({ length: players }, (_, player) => player);
    for (let at = players - 1; at > 0; at--) {
      const other = Math.floor(uniform() * (at + 1));
      [order[at], order[other]] = [order[other]!, order[at]!];
    }
    return [order, order.toReversed()];
  });
}

/**
 * What each player adds when the players join in an order: v(those before, and it) - v(those before). The
 * mean over random orders estimates the Shapley value without bias (Castro, Gomez & Tejada 2009).
 * @param prefixes [n + 1][width]: values of the coalitions of the first 0 to n players of the order
 * @returns [n][width], by player
 */
export function marginalsOf(order: readonly number[], prefixes: readonly Float64Array[]): Float64Array[] {
  const marginals: Float64Array[] = order.map(() => new Float64Array(0));
  for (const [place, player] of order.entries()) {
    const [before, after] = [prefixes[place]!, prefixes[place + 1]!];
    marginals[player] = after.map((value, at) => value - before[at]!);
  }
  return marginals;
}

/** Mean over orders of vectors of equal width. */
export function meanOf(vectors: readonly Float64Array[]): Float64Array {
  const mean = new Float64Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) for (let at = 0; at < mean.length; at++) mean[at]! += vector[at]! / vectors.length;
  return mean;
}

/**
 * A sampled share with its standard error, from the means of its pairs: pairs are independent, the two orders
 * of a pair are not. Interval: value +- z * standardError.
 * @param pairMeans one number for each pair, 2 or more
 */
export function sampledShare(pairMeans: readonly number[]): { readonly value: number; readonly standardError: number } {
  const count = pairMeans.length;
  const value = pairMeans.reduce((sum, mean) => sum + mean, 0) / count;
  const squares = pairMeans.reduce((sum, mean) => sum + (mean - value) ** 2, 0);
  return { value, standardError: count < 2 ? Infinity : Math.sqrt(squares / (count - 1) / count) };
}
