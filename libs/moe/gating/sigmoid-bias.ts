import { chooseBest, type Gate, normaliseGates, sigmoid } from './gate.ts';

/** Experts in equal groups of neighbours, of which the best `keep` take part. */
export interface SelectionGroups {
  readonly groups: number;
  readonly keep: number;
}

/**
 * DeepSeek-V3 (2024), equations 13 to 16: s_e = sigmoid(l_e); the k largest s_e + b_e are chosen, and
 * gate_e = s_e / sum of s over the chosen (`normalise`), or s_e: the bias selects and never weighs.
 *
 * With groups (node-limited routing, section 2.1.2): a group's score is the sum of its two largest
 * s_e + b_e; only experts of the `keep` best groups can be chosen, ties to the lowest group.
 * The factor on routed outputs (2.5 in that model) is the release's `scale`.
 * @param bias [experts]
 */
export function sigmoidBias(experts: number, bias: Float32Array, normalise: boolean, selection: SelectionGroups | null): Gate {
  const groupScores = new Float64Array(selection?.groups ?? 0);
  const kept = new Uint16Array(selection?.keep ?? 0);
  return {
    score: (logits, open, scores) => {
      for (let expert = 0; expert < experts; expert++) scores[expert] = open[expert] === 1 ? sigmoid(logits[expert]!) + bias[expert]! : -Infinity;
      if (selection === null) return;
      const size = experts / selection.groups;
      for (let group = 0; group < selection.groups; group++) groupScores[group] = twoLargest(scores, group * size, size);
      const count = chooseBest(groupScores, selection.keep, kept);
      for (let group = 0; group < selection.groups; group++) {
        if (!includes(kept, count, group)) scores.fill(-Infinity, group * size, (group + 1) * size);
      }
    },
    weigh: (logits, _open, chosen, count, gates) => {
      for (let rank = 0; rank < count; rank++) gates[rank] = sigmoid(logits[chosen[rank]!]!);
      if (normalise) normaliseGates(gates, count);
    },
  };
}

/** Sum of the two largest scores; of one where no more is open, minus infinity where none is. */
function twoLargest(scores: Float64Array, from: number, size: number): number {
  let first = -Infinity;
  let second = -Infinity;
  for (let at = from; at < from + size; at++) {
    const score = scores[at]!;
    if (score > first) {
      second = first;
      first = score;
    } else if (score > second) second = score;
  }
  return second === -Infinity ? first : first + second;
}

function includes(list: Uint16Array, count: number, value: number): boolean {
  for (let at = 0; at < count; at++) if (list[at] === value) return true;
  return false;
}
