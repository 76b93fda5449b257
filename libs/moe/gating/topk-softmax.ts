import { type Gate, scoreByLogit } from './gate.ts';

/**
 * The k largest logits, then a softmax over those alone: Granite 3, GPT-OSS; KeepTopK and Softmax of
 * Shazeer et al. (2017), equations 3 and 5, without noise.
 *
 * gate_e = exp(l_e) / sum over the chosen j of exp(l_j). In exact arithmetic that is normalised
 * softmax top-k: the denominator over all experts cancels.
 */
export function topKSoftmax(): Gate {
  return {
    score: scoreByLogit,
    weigh: (logits, _open, chosen, count, gates) => {
      let largest = -Infinity;
      for (let rank = 0; rank < count; rank++) largest = Math.max(largest, logits[chosen[rank]!]!);
      let sum = 0;
      for (let rank = 0; rank < count; rank++) sum += Math.exp(logits[chosen[rank]!]! - largest);
      for (let rank = 0; rank < count; rank++) gates[rank] = Math.exp(logits[chosen[rank]!]! - largest) / sum;
    },
  };
}
