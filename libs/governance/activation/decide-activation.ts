import { type ComponentName, type Sha256 } from '#libs/release/component';
import { type ActivationCommand, type ActivationState, type Canary, type Shadow } from './activation-state.ts';

/** What must be known of a release that a command names or that the state holds. */
export interface ReleaseFacts {
  readonly model: string;
  /** Components of it that were recalled. */
  readonly recalled: readonly { readonly component: ComponentName; readonly sha256: Sha256 }[];
}

/** The release that a partial rollback would make, and whether its routers and experts may serve together. */
export interface PartialRollback {
  readonly releaseId: string;
  readonly compatible: boolean;
  /** What compatibility found, in words: what would be stranded where it is not. */
  readonly finding: string;
}

export interface ActivationFacts {
  readonly model: string;
  /** null for a release that does not exist. */
  readonly release: (releaseId: string) => ReleaseFacts | null;
  /** Only for a rollback with a part, where there is a release before. */
  readonly partial: PartialRollback | null;
}

export type ApplyReason =
  | 'activated' | 'canary-started' | 'share-changed' | 'promoted' | 'canary-ended' | 'rolled-back' | 'part-rolled-back' | 'shadow-started' | 'shadow-changed' | 'shadow-stopped';
export type RefuseReason =
  | 'nothing-activated' | 'unknown-release' | 'release-of-another-model' | 'recalled-component' | 'same-as-stable' | 'canary-running' | 'no-canary'
  | 'no-previous' | 'incompatible-parts' | 'shadow-running' | 'no-shadow' | 'invalid-share' | 'invalid-route-slice';

/** The state without what the write itself sets. */
export type NextActivation = Omit<ActivationState, 'generation'>;

export type ActivationDecision =
  | { readonly decision: 'apply'; readonly next: NextActivation; readonly reason: ApplyReason }
  | {
      readonly decision: 'refuse';
      readonly reason: RefuseReason;
      /** What is wrong, and the remedy. */
      readonly detail: string;
    };

type Refusal = Extract<ActivationDecision, { decision: 'refuse' }>;

/** Decides what a command makes of an activation; null is a model for which nothing was activated yet. */
export function decideActivation(state: ActivationState | null, command: ActivationCommand, facts: ActivationFacts): ActivationDecision {
  if (command.type === 'activate') return activate(state, command.releaseId, facts);
  if (!state) return refuse('nothing-activated', `No release answers for ${facts.model} yet; activate one first.`);
  switch (command.type) {
    case 'start-canary': return startCanary(state, command.canary, facts);
    case 'set-canary-share': return setShare(state, command.share, facts);
    case 'promote': return promote(state, facts);
    case 'abort-canary': return state.canary ? apply('canary-ended', { ...state, canary: null }) : noCanary(state);
    case 'rollback': return command.part === undefined ? rollback(state, facts) : rollbackPart(state, facts);
    case 'start-shadow': return startShadow(state, command.shadow, facts);
    case 'stop-shadow': return state.shadow ? apply('shadow-stopped', { ...state, shadow: null }) : refuse('no-shadow', `No shadow of ${state.model} runs.`);
  }
}

function activate(state: ActivationState | null, releaseId: string, facts: ActivationFacts): ActivationDecision {
  const refused = refuseRelease(releaseId, facts);
  if (refused) return refused;
  if (!state) return apply('activated', { model: facts.model, stable: releaseId, previous: null, canary: null, shadow: null });
  if (state.stable === releaseId) return sameAsStable(state, 'there is nothing to activate');
  // The share of a canary is a share beside a given stable release: it means nothing beside another.
  if (state.canary) return canaryRunning(state.canary, state.canary.releaseId === releaseId);
  return apply('activated', { ...state, stable: releaseId, previous: state.stable });
}

function startCanary(state: ActivationState, canary: Canary, facts: ActivationFacts): ActivationDecision {
  const refused = refuseRelease(canary.releaseId, facts) ?? refuseShare(canary.share) ?? refuseSlice(canary);
  if (refused) return refused;
  if (canary.releaseId === state.stable) return sameAsStable(state, 'a canary must differ from it');
  if (state.canary) return canaryRunning(state.canary, false);
  return apply('canary-started', { ...state, canary });
}

function setShare(state: ActivationState, share: number, facts: ActivationFacts): ActivationDecision {
  if (!state.canary) return noCanary(state);
  const refused = refuseRelease(state.canary.releaseId, facts) ?? refuseShare(share);
  return refused ?? apply('share-changed', { ...state, canary: { ...state.canary, share } });
}

function promote(state: ActivationState, facts: ActivationFacts): ActivationDecision {
  if (!state.canary) return noCanary(state);
  const { releaseId } = state.canary;
  return refuseRelease(releaseId, facts) ?? apply('promoted', { ...state, stable: releaseId, previous: state.stable, canary: null });
}

function rollback(state: ActivationState, facts: ActivationFacts): ActivationDecision {
  if (state.previous === null) return noPrevious(state);
  // The release that was left is not kept as `previous`: a rollback that is sent twice must not lead back to it.
  return refuseRelease(state.previous, facts) ?? apply('rolled-back', { ...state, stable: state.previous, previous: null, canary: null });
}

function rollbackPart(state: ActivationState, facts: ActivationFacts): ActivationDecision {
  const { partial } = facts;
  if (state.previous === null || !partial) return noPrevious(state);
  if (partial.releaseId === state.stable) return sameAsStable(state, 'this part is already as in the release before');
  if (!partial.compatible) return refuse('incompatible-parts', `${partial.finding} Roll the whole release back instead.`);
  const refused = refuseRelease(partial.releaseId, facts);
  if (refused) return refused;
  // The release before stays the way back for the rest, unless this was all there was to take back.
  const previous = partial.releaseId === state.previous ? null : state.previous;
  return apply('part-rolled-back', { ...state, stable: partial.releaseId, previous, canary: null });
}

function startShadow(state: ActivationState, shadow: Shadow, facts: ActivationFacts): ActivationDecision {
  const refused = refuseRelease(shadow.releaseId, facts) ?? refuseShare(shadow.share);
  if (refused) return refused;
  if (shadow.releaseId === state.stable) return sameAsStable(state, 'a shadow must differ from it');
  if (!state.shadow) return apply('shadow-started', { ...state, shadow });
  if (state.shadow.releaseId === shadow.releaseId) return apply('shadow-changed', { ...state, shadow });
  return refuse('shadow-running', `Release ${state.shadow.releaseId} already runs as the shadow; stop it first.`);
}

function refuseRelease(releaseId: string, { model, release }: ActivationFacts): Refusal | null {
  const facts = release(releaseId);
  if (!facts) return refuse('unknown-release', `There is no release ${releaseId}; GET /api/v1/releases?model=${encodeURIComponent(model)} lists those there are.`);
  if (facts.model !== model) return refuse('release-of-another-model', `${releaseId} is a release of ${facts.model}; choose one of GET /api/v1/releases?model=${encodeURIComponent(model)}.`);
  const [first] = facts.recalled;
  if (!first) return null;
  const others = facts.recalled.length > 1 ? ` and ${facts.recalled.length - 1} more` : '';
  return refuse('recalled-component', `Release ${releaseId} holds ${first.component} (${first.sha256})${others}, which was recalled; choose a release without it.`);
}

function refuseShare(share: number): Refusal | null {
  return share >= 0 && share <= 1 ? null : refuse('invalid-share', `A share of ${share} is none: give a number from 0 to 1.`);
}

function refuseSlice({ scope: { routeSlice } }: Canary): Refusal | null {
  if (!routeSlice) return null;
  if (routeSlice.experts.length === 0) return refuse('invalid-route-slice', 'The route slice names no expert; name at least one, such as expert/3/5, or leave it out.');
  const shareFits = routeSlice.minShare > 0 && routeSlice.minShare <= 1;
  return shareFits ? null : refuse('invalid-route-slice', `The route slice asks for a share of ${routeSlice.minShare} of the decisions; give a number above 0, at most 1.`);
}

function apply(reason: ApplyReason, { model, stable, previous, canary, shadow }: NextActivation): ActivationDecision {
  // Nothing is left to compare where the shadow has become the stable release.
  return { decision: 'apply', reason, next: { model, stable, previous, canary, shadow: shadow?.releaseId === stable ? null : shadow } };
}

function refuse(reason: RefuseReason, detail: string): Refusal {
  return { decision: 'refuse', reason, detail };
}

function sameAsStable({ stable }: ActivationState, so: string): Refusal {
  return refuse('same-as-stable', `Release ${stable} is the stable release now: ${so}.`);
}

function canaryRunning({ releaseId }: Canary, isWanted: boolean): Refusal {
  return refuse('canary-running', `Release ${releaseId} runs as the canary; ${isWanted ? 'promote it' : 'promote or abort it first'}.`);
}

function noCanary({ model }: ActivationState): Refusal {
  return refuse('no-canary', `No canary of ${model} runs; start one first.`);
}

function noPrevious({ model }: ActivationState): Refusal {
  return refuse('no-previous', `${model} has no release to go back to: it was not changed since its first activation or last rollback. Activate a release by its id instead.`);
}
