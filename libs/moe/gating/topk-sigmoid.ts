import { type Gate, normaliseGates, scoreByLogit, sigmoid } from './gate.ts';

/**
 * The k largest logits, each with its own logistic gate (Llama 4's router; no paper, Meta's reference
 * code): gate_e = 1 / (1 + exp(-l_e)), or that divided by the sum over the chosen with `normalise`.
 * Llama 4 multiplies the expert's input by it; a gate here multiplies the output.
 */
export function topKSigmoid(normalise: boolean): Gate {
  return {
    score: scoreByLogit,
    weigh: (logits, _open, chosen, count, gates) => {
      for (let rank = 0; rank < count; rank++) gates[rank] = sigmoid(logits[chosen[rank]!]!);
      if (normalise) normaliseGates(gates, count);
    },
  };
}
