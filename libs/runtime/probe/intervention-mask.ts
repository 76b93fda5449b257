import { type Intervention } from '#libs/evaluation/probe/probe';
import { type ExpertMask, maskExpert, maskFault, newExpertMask } from '#libs/moe/expert-mask';
import { type ModelShape } from '#libs/release/manifest';

/** The mask of the experts that must not serve; null for none. @throws RangeError for an expert that is not there, or a layer that would have none */
export function interventionMask({ without = [] }: Intervention = {}, { layers, experts }: ModelShape): ExpertMask | null {
  if (without.length === 0) return null;
  const mask = newExpertMask(layers, experts);
  for (const { layer, expert } of without) {
    if (!(layer >= 0 && layer < layers && expert >= 0 && expert < experts)) throw new RangeError(`intervention.without: there is no expert ${layer}/${expert}; the release has ${layers} layers of ${experts}`);
    maskExpert(mask, layer, expert);
  }
  const fault = maskFault(mask, layers, experts);
  if (fault !== null) throw new RangeError(`intervention.without: ${fault}`);
  return mask;
}
