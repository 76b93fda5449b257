import { type Gate } from './gate.ts';

/**
 * A rule that chooses by l_e + b_e and weighs by l_e: the bias moves load between experts without
 * entering the output of those that are chosen (auxiliary-loss-free load balancing, Wang et al. 2024,
 * equation 3, there on the scores of a sigmoid or softmax, here on the logits, by which these rules choose).
 * @param bias [experts], in units of the logits
 */
export function biasedSelection(gate: Gate, bias: Float64Array): Gate {
  const shifted = new Float64Array(bias.length);
  return {
    score: (logits, open, scores) => {
      for (let expert = 0; expert < bias.length; expert++) shifted[expert] = logits[expert]! + bias[expert]!;
      gate.score(shifted, open, scores);
    },
    weigh: (logits, open, chosen, count, gates) => gate.weigh(logits, open, chosen, count, gates),
  };
}
