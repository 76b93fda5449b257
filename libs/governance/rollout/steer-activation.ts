import { type ActivationCommand, type ActivationState } from '../activation/activation-state.ts';
import { isWatch, type RolloutPlan } from './plan.ts';
import { type Rollout } from './rollout.ts';

/** How somebody else changed what a rollout steers. */
export type ForeignChange = 'activation-gone' | 'stable-changed' | 'canary-aborted' | 'canary-replaced' | 'share-changed' | 'shadow-stopped';

/** The commands that begin a step, in order; none where the activation is so already. */
export function commandsToBegin(plan: RolloutPlan, step: number, rolloutId: string): readonly ActivationCommand[] {
  if (isWatch(plan, step)) return [{ type: 'promote' }];
  const share = plan.steps[step]?.share ?? 0;
  const before = plan.steps[step - 1]?.share ?? 0;
  const shadow: ActivationCommand[] = step === 0 && plan.shadowShare > 0 ? [{ type: 'start-shadow', shadow: { releaseId: plan.candidate, share: plan.shadowShare } }] : [];
  if (share === before) return shadow;
  // The rollout's id as salt: each draws the requests anew.
  const canary = { releaseId: plan.candidate, share, stickyBy: plan.stickyBy, scope: plan.scope, salt: rolloutId };
  return [...shadow, before === 0 ? { type: 'start-canary', canary } : { type: 'set-canary-share', share }];
}

/** The commands that take the candidate out again. Only what the rollout itself put there. */
export function commandsToWithdraw({ plan, candidate, stable, step }: Pick<Rollout, 'plan' | 'candidate' | 'stable' | 'step'>, activation: ActivationState): readonly ActivationCommand[] {
  const { canary, shadow } = activation;
  if (isWatch(plan, step)) return activation.stable === candidate && activation.previous === stable ? [{ type: 'rollback' }] : [];
  const canaryCommands: ActivationCommand[] = canary?.releaseId === candidate ? [{ type: 'abort-canary' }] : [];
  return plan.shadowShare > 0 && shadow?.releaseId === candidate ? [...canaryCommands, { type: 'stop-shadow' }] : canaryCommands;
}

/** How the activation differs from how the rollout left it; null where what it steers is as it was. */
export function foreignChange({ plan, candidate, stable, step }: Pick<Rollout, 'plan' | 'candidate' | 'stable' | 'step'>, activation: ActivationState | null): ForeignChange | null {
  if (!activation) return 'activation-gone';
  const isPromoted = isWatch(plan, step);
  if (activation.stable !== (isPromoted ? candidate : stable)) return 'stable-changed';
  if (isPromoted) return activation.canary ? 'canary-replaced' : null;
  const share = plan.steps[step]?.share ?? 0;
  if (share > 0 && !activation.canary) return 'canary-aborted';
  if (activation.canary && (share === 0 || activation.canary.releaseId !== candidate)) return 'canary-replaced';
  if (activation.canary && activation.canary.share !== share) return 'share-changed';
  // Where a canary runs, its other guards must not let go of it for that: guards of the shadow then see nothing, and the step pauses.
  return share === 0 && activation.shadow?.releaseId !== candidate ? 'shadow-stopped' : null;
}
