import { approvalDigestOf, changeDigestOf, evidenceDigests } from './change-digest.ts';
import { type ChangePayload } from './change-payload.ts';
import { policyBlockers, type PolicyVerdict } from './change-policy.ts';
import { type Actor, type Approval, type Blocker, type CaseDecision, type ChangeCase, type ChangeEvent, type ChangeRequest, type ChangeState, type Evidence, isLive, refuse } from './change-request.ts';
import { askPolicy, classOf, type StandingFacts, standingOf } from './decide-standing.ts';
import { involve, NO_HANDS, sharedHand } from './persons.ts';
import { type Plan } from './plan-change.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** More evidence or approvals than this make a request unreadable. */
export const MAX_EVIDENCE = 50;
export const MAX_APPROVALS = 100;

export interface Draft {
  readonly id: string;
  readonly title: string;
  readonly reason: string;
  readonly payload: ChangePayload;
  readonly supersedes: string | null;
}

/** A new draft, planned over the state of now. */
export function openDraft({ id, title, reason, payload, supersedes }: Draft, actor: Actor, facts: StandingFacts): CaseDecision {
  const { plan, nowMs, policy } = facts;
  if (!plan.planned) return unplannable(plan);
  const change: ChangeRequest = {
    id, title, reason, payload, supersedes, class: 'normal', state: 'draft', base: plan.base, effect: plan.effect, digest: changeDigestOf({ payload, base: plan.base, effect: plan.effect }),
    author: { accountId: actor.accountId, name: actor.name }, ...involve(NO_HANDS, actor), createdAtMs: nowMs, updatedAtMs: nowMs, submittedAtMs: null,
    expiresAtMs: nowMs + policy.limits.changeDays * DAY_MS, schedule: null, breakGlass: null, decision: null, appliedAtMs: null, appliedBy: null, outcome: null,
  };
  const drafted: ChangeCase = { change, evidence: [], approvals: [] };
  return done({ ...drafted, change: { ...change, class: classOf(drafted, actor, facts) } }, 'created', actor, nowMs, { digest: change.digest });
}

/** Title, reason and payload anew, planned over the state of now. Takes back every approval and any schedule. */
export function editChange(of: ChangeCase, fields: Pick<ChangeRequest, 'title' | 'reason' | 'payload'>, actor: Actor, facts: StandingFacts): CaseDecision {
  const { plan, nowMs } = facts;
  const blocked = mustBeLive(of, nowMs);
  if (blocked) return blocked;
  if (!plan.planned) return unplannable(plan);
  const { change } = of;
  const digest = changeDigestOf({ payload: fields.payload, base: plan.base, effect: plan.effect });
  const edited: ChangeCase = {
    ...of,
    change: {
      ...change, ...fields, base: plan.base, effect: plan.effect, digest, ...involve(change, actor), state: change.state === 'draft' ? 'draft' : 'open', schedule: null, decision: null, updatedAtMs: nowMs,
    },
    approvals: revoke(of.approvals, nowMs, 'edited', () => true),
  };
  const judged: ChangeCase = { ...edited, change: { ...edited.change, class: classOf(edited, actor, facts) } };
  return done(settled(judged, actor, facts), 'edited', actor, nowMs, { digest, digestBefore: change.digest });
}

/** Lets others decide over a draft, where the evidence that its type needs is there. */
export function submitChange(of: ChangeCase, actor: Actor, facts: StandingFacts): CaseDecision {
  const { change } = of;
  const { nowMs, policy, plan } = facts;
  if (change.state !== 'draft') return refuse('not-a-draft', `The request is ${change.state}; only a draft is submitted.`);
  const blocked = mustBeLive(of, nowMs);
  if (blocked) return blocked;
  if (!plan.planned) return unplannable(plan);
  const verdict = askPolicy('submit', actor, of, facts, []);
  const blockers = [...policyBlockers(verdict, policy.version), ...standingOf(of, actor, facts).blockers.filter(({ reason }) => reason === 'base-changed')];
  if (isBlocked(blockers)) return { allowed: false, blockers };
  const submitted: ChangeCase = { ...of, change: { ...change, state: 'open', submittedAtMs: nowMs, updatedAtMs: nowMs, ...involve(change, actor) } };
  return done(settled(submitted, actor, facts), 'submitted', actor, nowMs, { digest: change.digest, ...saidBy(verdict, policy.version) });
}

/** Adds evidence. Approvals stand: they named what was there, and more does not make it less. */
export function addEvidence(of: ChangeCase, item: Evidence, actor: Actor, facts: StandingFacts): CaseDecision {
  const blocked = mustBeLive(of, facts.nowMs);
  if (blocked) return blocked;
  if (of.evidence.length >= MAX_EVIDENCE) return refuse('too-many', `A request holds at most ${MAX_EVIDENCE} items of evidence; put several into one.`);
  const next = { ...of, evidence: [...of.evidence, item], change: { ...of.change, updatedAtMs: facts.nowMs, ...involve(of.change, actor) } };
  return done(settled(next, actor, facts), 'evidence-added', actor, facts.nowMs, { evidence: item.id, kind: item.kind, sha256: item.sha256 });
}

/** Takes evidence away, and with it every approval that saw it. It stays in the history. */
export function removeEvidence(of: ChangeCase, evidenceId: string, actor: Actor, facts: StandingFacts): CaseDecision {
  const blocked = mustBeLive(of, facts.nowMs);
  if (blocked) return blocked;
  const item = of.evidence.find(({ id, removedAtMs }) => id === evidenceId && removedAtMs === null);
  if (!item) return refuse('no-such-evidence', 'The request has no such evidence, or it was removed.');
  const evidence = of.evidence.map((one) => (one === item ? { ...one, removedAtMs: facts.nowMs } : one));
  const present = evidenceDigests(evidence);
  const approvals = revoke(of.approvals, facts.nowMs, 'evidence-removed', (approval) => !approval.evidence.every((digest) => present.includes(digest)));
  const next = { ...of, evidence, approvals, change: { ...of.change, updatedAtMs: facts.nowMs, ...involve(of.change, actor) } };
  return done(settled(next, actor, facts), 'evidence-removed', actor, facts.nowMs, { evidence: item.id, kind: item.kind, sha256: item.sha256 });
}

export interface Vote {
  readonly id: string;
  readonly verdict: 'approve' | 'reject';
  /** Digest of the change and its evidence that the approver looked at. */
  readonly digest: string;
  readonly comment: string;
}

/** Approves or rejects what the digest names. One rejection ends the request. */
export function voteOnChange(of: ChangeCase, vote: Vote, actor: Actor, facts: StandingFacts): CaseDecision {
  const { change } = of;
  const { nowMs, policy } = facts;
  const blocked = mustBeLive(of, nowMs);
  if (blocked) return blocked;
  if (change.state === 'draft') return refuse('not-open', 'It is a draft; its author must submit it first.');
  const hand = sharedHand(change, actor);
  if (hand !== null) return refuse('own-change', ownChange(hand, actor));
  const current = approvalDigestOf(change.digest, evidenceDigests(of.evidence));
  if (vote.digest !== current) return refuse('digest-changed', `The request or its evidence has changed: its digest is now ${current}. Read it again and decide anew.`);
  const standing = standingOf(of, actor, facts);
  // What an approver has not seen cannot be added afterwards.
  const moved = standing.blockers.filter(({ reason }) => reason === 'base-changed' || reason === 'not-plannable' || reason === 'evidence-missing' || reason === 'protected-expert');
  if (vote.verdict === 'approve' && isBlocked(moved)) return { allowed: false, blockers: moved };
  if (vote.verdict === 'approve' && standing.approvals.some(({ approval, standing: own }) => own === 'in-force' && approval.account === actor.accountId)) {
    return refuse('already-approved', 'You have approved exactly this already.');
  }
  if (of.approvals.length >= MAX_APPROVALS) return refuse('too-many', `A request takes at most ${MAX_APPROVALS} votes; create a new one.`);
  const verdict = askPolicy('approve', actor, of, facts, standing.approvals);
  const forbidden = policyBlockers(verdict, policy.version);
  if (isBlocked(forbidden)) return { allowed: false, blockers: forbidden };
  const approval: Approval = {
    ...vote, account: actor.accountId, accountName: actor.name, keyId: actor.keyId, issuedBy: actor.issuedBy, roles: actor.roles, changeDigest: change.digest, policyVersion: policy.version,
    evidence: evidenceDigests(of.evidence), atMs: nowMs, expiresAtMs: nowMs + policy.limits.approvalHours * HOUR_MS, revokedAtMs: null, revokedReason: null,
  };
  const voted: ChangeCase = { ...of, approvals: [...of.approvals, approval], change: { ...change, updatedAtMs: nowMs } };
  if (vote.verdict === 'reject') return done({ ...voted, change: { ...voted.change, state: 'rejected', schedule: null } }, 'rejected', actor, nowMs, { digest: current, approval: vote.id, ...saidBy(verdict, policy.version) });
  return done(settled(voted, actor, facts), 'approved', actor, nowMs, { digest: current, approval: vote.id, ...saidBy(verdict, policy.version) });
}

/** Ends a request on the word of who wrote it. */
export function withdrawChange(of: ChangeCase, actor: Actor, { nowMs }: Pick<StandingFacts, 'nowMs'>, mayAdminister: boolean): CaseDecision {
  if (!isLive(of.change)) return refuse('ended', `The request is ${of.change.state}.`);
  if (!mayAdminister && sharedHand(of.change, actor) === null) return refuse('not-involved', 'Only its author, an editor or an administrator withdraws a request; reject it instead.');
  return done(ended(of, 'withdrawn', nowMs), 'withdrawn', actor, nowMs, {});
}

/** Ends a request that took too long, or that another one replaces. */
export function endChange(of: ChangeCase, state: 'expired' | 'superseded', actor: string, nowMs: number, detail: ChangeEvent['detail']): CaseDecision {
  if (!isLive(of.change)) return refuse('ended', `The request is ${of.change.state}.`);
  return { allowed: true, next: ended(of, state, nowMs), event: { event: state, actor, atMs: nowMs, detail } };
}

/** `approved` where only freezes or nothing at all blocks it; a schedule stays. */
export function settled(of: ChangeCase, actor: Actor, facts: StandingFacts): ChangeCase {
  const { change } = of;
  if (change.state !== 'open' && change.state !== 'approved' && change.state !== 'scheduled') return of;
  const standing = standingOf(of, actor, { ...facts, freezes: [] });
  const approved = standing.blockers.every(({ reason }) => reason === 'frozen');
  const state: ChangeState = approved ? (change.state === 'scheduled' ? 'scheduled' : 'approved') : 'open';
  return { ...of, change: { ...change, state, class: standing.class, schedule: state === 'scheduled' ? change.schedule : null } };
}

export function mustBeLive({ change }: ChangeCase, nowMs: number): Extract<CaseDecision, { allowed: false }> | null {
  if (!isLive(change)) return refuse('ended', `The request is ${change.state}; create a new one.`);
  return change.expiresAtMs <= nowMs ? refuse('expired', `The request expired at ${new Date(change.expiresAtMs).toISOString()}; create a new one.`) : null;
}

export function isBlocked(blockers: readonly Blocker[]): blockers is readonly [Blocker, ...Blocker[]] {
  return blockers.length > 0;
}

function done(next: ChangeCase, event: ChangeEvent['event'], actor: Actor, atMs: number, detail: ChangeEvent['detail']): CaseDecision {
  return { allowed: true, next, event: { event, actor: actor.accountId, atMs, detail } };
}

function ended(of: ChangeCase, state: ChangeState, nowMs: number): ChangeCase {
  return { ...of, change: { ...of.change, state, schedule: null, updatedAtMs: nowMs } };
}

function revoke(approvals: readonly Approval[], atMs: number, reason: string, isConcerned: (approval: Approval) => boolean): readonly Approval[] {
  return approvals.map((approval) => (approval.revokedAtMs === null && approval.verdict === 'approve' && isConcerned(approval) ? { ...approval, revokedAtMs: atMs, revokedReason: reason } : approval));
}

/** Which policies let it through, for the history and the audit log. */
function saidBy({ policies }: PolicyVerdict, policyVersion: number): ChangeEvent['detail'] {
  return { policyVersion, policies: policies.map(({ id }) => id) };
}

function ownChange(hand: string, actor: Actor): string {
  const who = hand === actor.accountId ? 'You' : `The account ${hand}, which handed out your key,`;
  return `${who} wrote this request, added to it, or handed out a key that did. Nobody decides over their own, whatever their role: ask someone else.`;
}

function unplannable(plan: Extract<Plan, { planned: false }>): CaseDecision {
  return refuse('not-plannable', plan.field === '' ? plan.detail : `${plan.field}: ${plan.detail}`);
}
