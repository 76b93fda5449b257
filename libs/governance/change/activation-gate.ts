import { type ActivationCommandType } from '../activation/activation-state.ts';

/** `open`: operators act directly, each act audited as made without a change. `required`: only approved changes lead forward. */
export type GovernanceMode = 'open' | 'required';

export type GateDecision =
  | { readonly allowed: true; readonly reason: 'way-back' | 'open-mode' | Exclude<GateCause, 'direct'> }
  | { readonly allowed: false; readonly reason: 'change-required' };

/**
 * On whose behalf a command comes: by hand, from a change that was approved, from a rollout that such a
 * change started, or from a change that was applied in an emergency.
 */
export type GateCause = 'direct' | 'approved-change' | 'approved-rollout' | 'broken-glass';

const WAYS_BACK: ReadonlySet<ActivationCommandType> = new Set(['rollback', 'abort-canary', 'stop-shadow']);

/**
 * Decides whether an activation command may run. A way back is never locked.
 * @param leadsBack false for a rollback of a part to routers and experts that have not answered together: with
 *   a compatibility record of their own, anyone could lead forward that way
 */
export function decideGate(mode: GovernanceMode, command: ActivationCommandType, cause: GateCause, leadsBack = true): GateDecision {
  if (WAYS_BACK.has(command) && leadsBack) return { allowed: true, reason: 'way-back' };
  if (cause !== 'direct') return { allowed: true, reason: cause };
  return mode === 'open' ? { allowed: true, reason: 'open-mode' } : { allowed: false, reason: 'change-required' };
}
