import { type ExpertMask, isMasked } from '#libs/moe/expert-mask';
import { EXPERT_STATE } from '#libs/moe/route-row';

/** Which experts of a layer may serve a request. Masks go before availability: a masked expert is never the ladder's business. */
export function setStates(state: Uint8Array, mask: ExpertMask | null, unavailable: ExpertMask | null, layer: number): void {
  for (let expert = 0; expert < state.length; expert++) {
    const isUnavailable = unavailable !== null && isMasked(unavailable, layer, expert);
    state[expert] = mask !== null && isMasked(mask, layer, expert) ? EXPERT_STATE.masked : isUnavailable ? EXPERT_STATE.unavailable : EXPERT_STATE.open;
  }
}
