import { type ActivationState } from './activation-state.ts';
import { type NextActivation } from './decide-activation.ts';

export interface RecallFacts {
  /** Whether a release holds a component version that is, or now becomes, recalled. */
  readonly isWithdrawn: (releaseId: string) => boolean;
  /** Releases that were the stable one of the model, latest first. */
  readonly formerStable: readonly string[];
  /** Stop the model where nothing is left that may answer for it. */
  readonly force: boolean;
}

export type RecallDecision =
  | { readonly decision: 'keep'; readonly reason: 'not-held' }
  | { readonly decision: 'move'; readonly reason: 'stable-replaced' | 'candidates-ended' | 'way-back-closed'; readonly next: NextActivation }
  | { readonly decision: 'stop'; readonly reason: 'nothing-left' }
  | { readonly decision: 'refuse'; readonly reason: 'nothing-left'; readonly detail: string };

/** Decides what a recall makes of an activation: nothing that it names may hold what was withdrawn. */
export function decideRecall(state: ActivationState, { isWithdrawn, formerStable, force }: RecallFacts): RecallDecision {
  const { model, stable, previous, canary, shadow } = state;
  const isHeld = (releaseId: string | null | undefined): boolean => typeof releaseId === 'string' && isWithdrawn(releaseId);
  const wayBack = isHeld(previous) ? null : previous;
  if (!isHeld(stable)) {
    const kept = { model, stable, previous: wayBack, canary: isHeld(canary?.releaseId) ? null : canary, shadow: isHeld(shadow?.releaseId) ? null : shadow };
    if (kept.canary !== canary || kept.shadow !== shadow) return { decision: 'move', reason: 'candidates-ended', next: kept };
    return wayBack === previous ? { decision: 'keep', reason: 'not-held' } : { decision: 'move', reason: 'way-back-closed', next: kept };
  }
  const next = [previous, ...formerStable].find((releaseId) => releaseId !== null && !isWithdrawn(releaseId)) ?? null;
  // Canary and shadow were there beside the release that goes, so they go too.
  if (next !== null) return { decision: 'move', reason: 'stable-replaced', next: { model, stable: next, previous: null, canary: null, shadow: null } };
  if (force) return { decision: 'stop', reason: 'nothing-left' };
  return {
    decision: 'refuse',
    reason: 'nothing-left',
    detail: `Every release that ever answered for ${model} holds a recalled component. Activate one without it first, or give force: true, after which ${model} answers nothing.`,
  };
}
