/**
 * A gating rule for one row, in two halves, because masks and capacity act between them: which experts
 * it prefers, and how much each of those that serve counts. Neither half allocates.
 */
export interface Gate {
  /**
   * Preference among experts, higher first, equal ones by ascending id.
   * @param logits [experts], of the router
   * @param open [experts]: 1 where the expert may be chosen, 0 where the rule must act as if it were not there
   * @param scores [experts], written; minus infinity: not to be chosen
   */
  score(logits: Float64Array, open: Uint8Array, scores: Float64Array): void;
  /**
   * Gates of chosen experts, best first.
   * @param chosen ids, of which the first `count` hold; a chosen expert counts even where it is not open
   * @param gates [count], written; not finite where the logits are damaged
   */
  weigh(logits: Float64Array, open: Uint8Array, chosen: Uint16Array, count: number, gates: Float64Array): void;
}

/**
 * The `most` experts of highest score, by descending score, ties to the lowest id. Scores of minus
 * infinity are never chosen. Gives how many there are.
 */
export function chooseBest(scores: Float64Array, most: number, chosen: Uint16Array): number {
  let used = 0;
  for (let expert = 0; expert < scores.length; expert++) {
    const score = scores[expert]!;
    if (score === -Infinity) continue;
    let rank = used;
    while (rank > 0 && score > scores[chosen[rank - 1]!]!) {
      if (rank < most) chosen[rank] = chosen[rank - 1]!;
      rank--;
    }
    if (rank < most) {
      chosen[rank] = expert;
      if (used < most) used++;
    }
  }
  return used;
}

/** Scores are the logits themselves: every rule that grows with the logit chooses alike. */
export function scoreByLogit(logits: Float64Array, open: Uint8Array, scores: Float64Array): void {
  for (let expert = 0; expert < scores.length; expert++) scores[expert] = open[expert] === 1 ? logits[expert]! : -Infinity;
}

/** gates / their sum, in place. */
export function normaliseGates(gates: Float64Array, count: number): void {
  let sum = 0;
  for (let rank = 0; rank < count; rank++) sum += gates[rank]!;
  for (let rank = 0; rank < count; rank++) gates[rank] = gates[rank]! / sum;
}

/** The logistic function, 1 / (1 + exp(-x)). */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
