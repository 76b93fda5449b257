import { type Gate } from './gate.ts';
import { softmaxTopK } from './softmax-topk.ts';

/**
 * Top-2 gating of GShard (Lepikhin et al. 2021, algorithm 1) as at inference: g1 / (g1 + g2) and
 * g2 / (g1 + g2) of the softmax over all experts. Its random dispatch of the second expert, with
 * probability 2 g2, belongs to training: here the second expert always serves.
 */
export function gshardTop2(): Gate {
  return softmaxTopK(true);
}
