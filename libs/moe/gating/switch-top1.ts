import { type Gate } from './gate.ts';
import { softmaxTopK } from './softmax-topk.ts';

/**
 * Switch routing (Fedus et al. 2022, "Switch Transformers", equations 1 and 2 with k = 1): the expert
 * of highest probability serves alone, times that probability, which is not normalised (it would be 1,
 * and the router could not learn).
 */
export function switchTop1(): Gate {
  return softmaxTopK(false);
}
