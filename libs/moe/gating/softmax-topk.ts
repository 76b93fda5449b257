import { type Gate, scoreByLogit } from './gate.ts';

/**
 * Softmax over all experts, then the k largest. With `normalise` the gates are divided by their sum:
 * Mixtral (Jiang et al. 2024, section 2.1), Qwen3; without: OLMoE, Qwen1.5-MoE.
 *
 * p_e = exp(l_e) / sum over all open experts j of exp(l_j); gate_e = p_e, or p_e / sum over the chosen.
 * For rows that need nothing else, selectExperts does the same, bit for bit, for many rows at once.
 */
export function softmaxTopK(normalise: boolean): Gate {
  return {
    score: scoreByLogit,
    weigh: (logits, open, chosen, count, gates) => {
      let largest = -Infinity;
      for (let rank = 0; rank < count; rank++) largest = Math.max(largest, logits[chosen[rank]!]!);
      if (!normalise) for (let expert = 0; expert < logits.length; expert++) if (open[expert] === 1) largest = Math.max(largest, logits[expert]!);
      let sum = 0;
      if (normalise) for (let rank = 0; rank < count; rank++) sum += Math.exp(logits[chosen[rank]!]! - largest);
      else for (let expert = 0; expert < logits.length; expert++) if (open[expert] === 1) sum += Math.exp(logits[expert]! - largest);
      for (let rank = 0; rank < count; rank++) gates[rank] = Math.exp(logits[chosen[rank]!]! - largest) / sum;
    },
  };
}
