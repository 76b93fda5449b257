/** Above this many players an enumeration asks for too many coalitions (2^12). */
export const MAX_EXACT_PLAYERS = 12;

/**
 * Shapley values of a game of few players, from the values of all coalitions:
 *
 *   phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! * (v(S + i) - v(S))
 *
 * Source: Shapley 1953, "A value for n-person games". Values may be vectors, such as one
 * number for each item: the Shapley value is linear, so each place is a game of its own.
 * @param values [2^n][width], by bit mask: player i is in coalition S where bit i of its index is set
 * @returns [n][width]
 * @throws RangeError where the number of values is no power of two, or above 2^MAX_EXACT_PLAYERS
 */
export function exactShapley(values: readonly Float64Array[]): Float64Array[] {
  const players = Math.log2(values.length);
  if (!Number.isInteger(players) || players > MAX_EXACT_PLAYERS) throw new RangeError(`there are ${values.length} coalitions; give 2^n of them, n at most ${MAX_EXACT_PLAYERS}`);
  const width = values[0]!.length;
  const weights = coalitionWeights(players);
  return Array.from({ length: players }, (_, player) => {
    const phi = new Float64Array(width);
    const bit = 1 << player;
    for (let coalition = 0; coalition < values.length; coalition++) {
      if ((coalition & bit) !== 0) continue;
      const weight = weights[bitCount(coalition)]!;
      const [without, joined] = [values[coalition]!, values[coalition | bit]!];
      for (let at = 0; at < width; at++) phi[at]! += weight * (joined[at]! - without[at]!);
    }
    return phi;
  });
}

/** [size] s! (n - s - 1)! / n! = 1 / (n * binomial(n - 1, s)) */
function coalitionWeights(players: number): number[] {
  const weights: number[] = [];
  let binomial = 1;
  for (let size = 0; size < players; size++) {
    weights.push(1 / (players * binomial));
    binomial = (binomial * (players - 1 - size)) / (size + 1);
  }
  return weights;
}

function bitCount(word: number): number {
  let count = 0;
  for (let left = word; left !== 0; left &= left - 1) count++;
  return count;
}
