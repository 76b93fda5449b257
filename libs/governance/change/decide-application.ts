import { knownRoles, permissionsOf } from '../access/permissions.ts';
import { type JsonObject } from './change-payload.ts';
import { policyBlockers } from './change-policy.ts';
import { type Actor, type Blocker, type CaseDecision, type ChangeCase, type ChangeEvent, type PolicyDecision, refuse, type Review } from './change-request.ts';
import { isBlocked, mustBeLive } from './decide-request.ts';
import { askPolicy, type Standing, type StandingFacts, standingOf } from './decide-standing.ts';
import { involve, sharedHand } from './persons.ts';

const HOUR_MS = 3_600_000;
/** A schedule keeps trying for at most this long after its time. */
const MAX_WINDOW_MS = 7 * 24 * HOUR_MS;
const MIN_REASON = 10;

export type ApplyDecision =
  | { readonly allowed: true; readonly standing: Standing; readonly decision: PolicyDecision }
  | { readonly allowed: false; readonly blockers: readonly [Blocker, ...Blocker[]] };

/** Decides whether the change may be applied now by `actor`: everything that blocks it, or on what it stands. */
export function decideApply(of: ChangeCase, actor: Actor, facts: StandingFacts): ApplyDecision {
  const standing = standingOf(of, actor, facts);
  const { schedule } = of.change;
  const early: Blocker[] = schedule !== null && facts.nowMs < schedule.atMs ? [{ reason: 'not-before', detail: `It is scheduled for ${new Date(schedule.atMs).toISOString()}; take the schedule back to apply it now.` }] : [];
  const blockers = [...standing.blockers, ...early];
  return isBlocked(blockers) ? { allowed: false, blockers } : { allowed: true, standing, decision: decisionOf(standing, facts) };
}

/** Decides whether `actor` may apply the change without approvals, for `hours`. Conflicts with the current state still block it. */
export function decideBreakGlass(of: ChangeCase, { reason, hours }: { readonly reason: string; readonly hours: number }, actor: Actor, facts: StandingFacts): ApplyDecision {
  const { policy } = facts;
  if (reason.trim().length < MIN_REASON) return refuse('reason-missing', `Say in at least ${MIN_REASON} characters why it cannot wait for approval.`);
  if (!(hours > 0 && hours <= policy.limits.breakGlassHours)) return refuse('time-limit', `Give a time limit above 0 and at most ${policy.limits.breakGlassHours} hours.`);
  const permitted = policyBlockers(askPolicy('break-glass', actor, of, facts, [], { class: 'emergency', hours }), policy.version);
  const standing = standingOf(of, actor, facts, true);
  const blockers = [...permitted, ...standing.blockers];
  return isBlocked(blockers) ? { allowed: false, blockers } : { allowed: true, standing, decision: decisionOf(standing, facts) };
}

/** The case after it was applied, or after its canary or rollout began. */
export function applied(of: ChangeCase, by: Actor, decision: Extract<ApplyDecision, { allowed: true }>, outcome: JsonObject, isOver: boolean, glass: { readonly reason: string; readonly hours: number } | null, facts: StandingFacts): CaseDecision {
  const { nowMs, policy } = facts;
  const { change } = of;
  const state = isOver ? 'applied' : 'applying';
  const breakGlass = glass && {
    by, reason: glass.reason, atMs: nowMs, untilMs: nowMs + glass.hours * HOUR_MS, reviewDueMs: nowMs + policy.limits.reviewHours * HOUR_MS, review: null,
  };
  const event: ChangeEvent = { event: glass ? 'glass-broken' : state, actor: by.accountId, atMs: nowMs, detail: { digest: change.digest, policyVersion: policy.version, policies: [...decision.decision.policies], ...(glass ? { reason: glass.reason, hours: glass.hours } : {}) } };
  const next: ChangeCase = {
    ...of,
    change: { ...change, state, class: decision.standing.class, decision: decision.decision, breakGlass, outcome, appliedAtMs: nowMs, appliedBy: by.accountId, updatedAtMs: nowMs, schedule: change.schedule },
  };
  return { allowed: true, next, event };
}

/** The end of a canary or rollout, or the failure of what was to be applied. */
export function concluded(of: ChangeCase, state: 'applied' | 'failed', outcome: JsonObject, actor: string, nowMs: number): CaseDecision {
  return { allowed: true, next: { ...of, change: { ...of.change, state, outcome: { ...of.change.outcome, ...outcome }, updatedAtMs: nowMs } }, event: { event: state, actor, atMs: nowMs, detail: outcome } };
}

/** Sets when an approved change is to be applied by itself. Freezes are judged when its time has come. */
export function scheduleChange(of: ChangeCase, { atMs, untilMs }: { readonly atMs: number; readonly untilMs: number }, actor: Actor, facts: StandingFacts): CaseDecision {
  const { nowMs } = facts;
  if (atMs <= nowMs) return refuse('schedule-invalid', 'The time must lie in the future; apply it instead.');
  if (!(untilMs > atMs && untilMs <= atMs + MAX_WINDOW_MS)) return refuse('schedule-invalid', 'The window must end after its start, at most 7 days later.');
  if (untilMs > of.change.expiresAtMs) return refuse('schedule-invalid', `The request expires at ${new Date(of.change.expiresAtMs).toISOString()}, before the window ends.`);
  const blockers = standingOf(of, actor, { ...facts, freezes: [] }).blockers;
  if (isBlocked(blockers)) return { allowed: false, blockers };
  return {
    allowed: true,
    next: { ...of, change: { ...of.change, state: 'scheduled', schedule: { atMs, untilMs, by: actor }, updatedAtMs: nowMs } },
    event: { event: 'scheduled', actor: actor.accountId, atMs: nowMs, detail: { at: new Date(atMs).toISOString(), until: new Date(untilMs).toISOString() } },
  };
}

export function unscheduleChange(of: ChangeCase, actor: Actor, { nowMs }: Pick<StandingFacts, 'nowMs'>): CaseDecision {
  const blocked = mustBeLive(of, nowMs);
  if (blocked) return blocked;
  if (of.change.state !== 'scheduled') return refuse('schedule-invalid', 'The request is not scheduled.');
  return { allowed: true, next: { ...of, change: { ...of.change, state: 'approved', schedule: null, updatedAtMs: nowMs } }, event: { event: 'unscheduled', actor: actor.accountId, atMs: nowMs, detail: {} } };
}

export type DueDecision =
  | { readonly act: 'apply'; readonly decision: Extract<ApplyDecision, { allowed: true }> }
  /** Frozen now; the window is still open. */
  | { readonly act: 'wait'; readonly reason: 'frozen' | 'not-before' }
  | { readonly act: 'expire'; readonly blockers: readonly Blocker[] }
  | { readonly act: 'fail'; readonly blockers: readonly Blocker[] };

/** What to do with a scheduled change: apply it, wait while it is frozen, or end it. Missed windows expire. */
export function decideDue(of: ChangeCase, facts: StandingFacts): DueDecision {
  const { schedule } = of.change;
  if (schedule === null || facts.nowMs < schedule.atMs) return { act: 'wait', reason: 'not-before' };
  const decision = decideScheduled(of, schedule.by, facts);
  if (facts.nowMs >= schedule.untilMs) {
    const missed: Blocker = { reason: 'window-missed', detail: `Its window ended at ${new Date(schedule.untilMs).toISOString()} before it could be applied.` };
    return { act: 'expire', blockers: [missed, ...(decision.allowed ? [] : decision.blockers)] };
  }
  if (decision.allowed) return { act: 'apply', decision };
  return decision.blockers.every(({ reason }) => reason === 'frozen') ? { act: 'wait', reason: 'frozen' } : { act: 'fail', blockers: decision.blockers };
}

/** As the one who scheduled it, with the roles that they have by now. */
function decideScheduled(of: ChangeCase, by: Actor, facts: StandingFacts): ApplyDecision {
  const now = facts.rolesNow(by.accountId);
  // A key without an account has no roles but its scopes, which do not change.
  const may = now !== null && (by.accountId.startsWith('key:') || permissionsOf(knownRoles(now)).includes('operate'));
  if (!may) return refuse('scheduler-gone', `${by.name}, who scheduled it, may not apply requests any more: have somebody who may schedule it again.`);
  return decideApply(of, { ...by, roles: now }, facts);
}

/** The review that a broken glass owes: by someone who had no hand in it. */
export function reviewChange(of: ChangeCase, verdict: Pick<Review, 'verdict' | 'note'>, actor: Actor, nowMs: number): CaseDecision {
  const { breakGlass } = of.change;
  if (!breakGlass) return refuse('no-broken-glass', 'Only changes that were applied by breaking the glass are reviewed.');
  if (breakGlass.review?.verdict === 'confirmed') return refuse('already-reviewed', `${breakGlass.review.byName} has confirmed it already.`);
  const hand = sharedHand(involve(of.change, breakGlass.by), actor);
  if (hand !== null) {
    const who = hand === actor.accountId ? 'You' : `The account ${hand}, which handed out your key,`;
    return refuse('own-change', `${who} wrote this change, broke the glass, or handed out a key that did. Others review it, whatever your role: ask someone else.`);
  }
  const review: Review = { by: actor.accountId, byName: actor.name, ...verdict, atMs: nowMs };
  return {
    allowed: true,
    next: { ...of, change: { ...of.change, breakGlass: { ...breakGlass, review }, updatedAtMs: nowMs } },
    event: { event: 'reviewed', actor: actor.accountId, atMs: nowMs, detail: { verdict: verdict.verdict, note: verdict.note } },
  };
}

/** What a broken glass still owes at a time; empty when it is reviewed and confirmed. */
export function debtsOf({ breakGlass }: ChangeCase['change'], nowMs: number): readonly { readonly kind: 'review' | 'confirm-or-revert'; readonly dueMs: number; readonly overdue: boolean }[] {
  if (!breakGlass || breakGlass.review?.verdict === 'confirmed') return [];
  const debt = (kind: 'review' | 'confirm-or-revert', dueMs: number) => ({ kind, dueMs, overdue: dueMs <= nowMs });
  return [...(breakGlass.review ? [] : [debt('review', breakGlass.reviewDueMs)]), debt('confirm-or-revert', breakGlass.untilMs)];
}

function decisionOf({ policies, approvals }: Standing, { policy, nowMs }: StandingFacts): PolicyDecision {
  return { policyVersion: policy.version, policies, approvals: approvals.filter(({ standing }) => standing === 'in-force').map(({ approval }) => approval.id), atMs: nowMs };
}

export type PromoteDecision =
  | { readonly allowed: true; readonly model: string; readonly releaseId: string }
  | { readonly allowed: false; readonly blockers: readonly [Blocker, ...Blocker[]] };

/**
 * Decides whether the canary that a change began may become the stable release. The approvals were for
 * that release to answer, so only freezes are judged anew.
 */
export function decidePromote(of: ChangeCase, actor: Actor, facts: StandingFacts): PromoteDecision {
  const { effect, state, breakGlass } = of.change;
  if (state !== 'applying' || effect.kind !== 'release') return refuse('not-applying', `The request is ${state}; only a canary that a request began is promoted by it.`);
  if (effect.strategy.kind === 'rollout') return refuse('not-applying', 'A guarded rollout promotes its release by itself; abort it first to act by hand.');
  const frozen = standingOf(of, actor, facts, breakGlass !== null).blockers.filter(({ reason }) => reason === 'frozen');
  return isBlocked(frozen) ? { allowed: false, blockers: frozen } : { allowed: true, model: effect.model, releaseId: effect.releaseId };
}
