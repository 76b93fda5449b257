import { type Gate } from './gate.ts';
import { topKSoftmax } from './topk-softmax.ts';

/**
 * Noisy top-k gating (Shazeer et al. 2017, equations 3 to 5):
 * H_e = l_e + N_e * softplus(n_e); gates are the softmax over the k largest H_e. At inference there is
 * usually no noise, and this is topk-softmax. The noise comes in through addNoise.
 */
export function noisyTopK(): Gate {
  return topKSoftmax();
}

/**
 * H of equation 4, in place. @param deviations [experts] standard deviations, softplus(n_e) in the paper
 * @param normal a standard normal number for an expert
 */
export function addNoise(logits: Float64Array, deviations: ArrayLike<number>, normal: (expert: number) => number): void {
  for (let expert = 0; expert < logits.length; expert++) logits[expert] = logits[expert]! + normal(expert) * deviations[expert]!;
}

/** A standard normal number from two uniform ones in [0, 1) (Box and Muller 1958). */
export function standardNormal(first: number, second: number): number {
  return Math.sqrt(-2 * Math.log(1 - first)) * Math.cos(2 * Math.PI * second);
}
