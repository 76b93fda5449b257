/**
 * p-values adjusted for their number, in the order given, each at most 1. `holm` bounds the probability
 * of a single false rejection, whatever the dependence (Holm 1979, Scand. J. Statist. 6, 65-70);
 * `benjamini-hochberg` the expected share of false ones among the rejected, for independent or
 * positively dependent tests (Benjamini & Hochberg 1995, J. R. Statist. Soc. B 57, 289-300).
 */
export function adjustedP(pValues: readonly number[], method: 'holm' | 'benjamini-hochberg'): number[] {
  const tests = pValues.length;
  const order = pValues.map((_, at) => at).toSorted((a, b) => pValues[a]! - pValues[b]! || a - b);
  const adjusted = pValues.map(() => 1);
  if (method === 'holm') {
    let highest = 0;
    for (const [rank, at] of order.entries()) {
      highest = Math.max(highest, pValues[at]! * (tests - rank));
      adjusted[at] = Math.min(1, highest);
    }
    return adjusted;
  }
  let lowest = 1;
  for (let rank = tests; rank >= 1; rank -= 1) {
    const at = order[rank - 1]!;
    lowest = Math.min(lowest, (pValues[at]! * tests) / rank);
    adjusted[at] = lowest;
  }
  return adjusted;
}
