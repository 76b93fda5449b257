import { type Sha256 } from '#libs/release/component';
import { countApprovals, type JudgedApproval, judgeApprovals } from './approvals-in-force.ts';
import { modelOf, strategyOf } from './change-payload.ts';
import { type ChangePolicy, policyBlockers, type PolicyAction, type PolicyQuestion } from './change-policy.ts';
import { type Actor, type Blocker, type ChangeBase, type ChangeCase, type ChangeClass, type Evidence, isLive } from './change-request.ts';
import { type FreezeWindow, freezesAt } from './freeze-window.ts';
import { sharesIssuer } from './persons.ts';
import { type Plan } from './plan-change.ts';
import { type ChangeProtection, protectionBlockers } from './protection-blockers.ts';
import { changeDigestOf } from './change-digest.ts';

/** What a decision over a change must know besides the change itself. */
export interface StandingFacts {
  readonly nowMs: number;
  readonly policy: ChangePolicy;
  /** What the change would write over the state of now. */
  readonly plan: Plan;
  readonly freezes: readonly FreezeWindow[];
  readonly rolesNow: (accountId: string) => readonly string[] | null;
  /** null where the plan takes no protected expert away. */
  readonly protection: ChangeProtection | null;
}

/** How a change stands: whether it could be applied now, and if not, everything that blocks it. */
export interface Standing {
  readonly class: ChangeClass;
  /** Of the change as it would be applied now; null where it cannot be planned. */
  readonly plannedDigest: Sha256 | null;
  readonly approvals: readonly JudgedApproval[];
  /** Ids of the policies that decided. */
  readonly policies: readonly string[];
  readonly blockers: readonly Blocker[];
}

type PolicyActor = Pick<Actor, 'accountId' | 'issuedBy' | 'kind' | 'roles'>;

/** Asks the policy over a change. */
export function askPolicy(action: PolicyAction, actor: PolicyActor, of: ChangeCase, facts: StandingFacts, judged: readonly JudgedApproval[], more: { readonly class?: ChangeClass; readonly hours?: number } = {}) {
  const { change, evidence } = of;
  const question: PolicyQuestion = {
    action,
    actor: { accountId: actor.accountId, kind: actor.kind, roles: actor.roles },
    change: { id: change.id, type: change.payload.type, class: more.class ?? change.class, model: modelOf(change.payload) ?? '', strategy: strategyOf(change.payload) ?? '' },
    context: {
      evidence: [...new Set(evidence.filter(({ removedAtMs }) => removedAtMs === null).map(({ kind }) => kind))].toSorted(),
      failedEvidence: failedKinds(evidence),
      approvals: countApprovals(judged, facts.rolesNow),
      frozen: freezesAt(facts.freezes, modelOf(change.payload), facts.nowMs).length > 0,
      sharedIssuer: sharesIssuer(change, actor),
      hours: more.hours ?? 0,
    },
  };
  return facts.policy.ask(question);
}

/** Kinds of evidence whose newest evaluation failed: a later one that passes takes the place of one that did not. */
function failedKinds(evidence: readonly Evidence[]): string[] {
  const newest = new Map(evidence.filter(({ removedAtMs, outcome }) => removedAtMs === null && outcome !== undefined && outcome !== null).map(({ kind, outcome }) => [kind, outcome]));
  return [...newest].filter(([, outcome]) => outcome === 'fail').map(([kind]) => kind).toSorted();
}

/** `standard` where the policy authorises the change beforehand; a broken glass makes it `emergency` elsewhere. */
export function classOf(of: ChangeCase, actor: PolicyActor, facts: StandingFacts): Exclude<ChangeClass, 'emergency'> {
  const verdict = askPolicy('pre-authorise', actor, of, facts, [], { class: 'normal' });
  return verdict.allowed && verdict.errors.length === 0 ? 'standard' : 'normal';
}

/** Whether `actor` may apply the change now. Approvals count only at the digest of what would be written now. */
export function standingOf(of: ChangeCase, actor: PolicyActor, facts: StandingFacts, emergency = false): Standing {
  const { change } = of;
  const { plan } = facts;
  const plannedDigest = plan.planned ? changeDigestOf({ payload: change.payload, base: plan.base, effect: plan.effect }) : null;
  const judged = judgeApprovals(of, { changeDigest: plannedDigest ?? '', nowMs: facts.nowMs, policyVersion: facts.policy.version, rolesNow: facts.rolesNow });
  const changeClass = emergency ? 'emergency' : classOf(of, actor, facts);
  const verdict = askPolicy('apply', actor, of, facts, judged, { class: changeClass });
  const blockers = [
    ...lifeBlockers(of, facts, emergency),
    ...planBlockers(of, plan, plannedDigest),
    // A broken glass takes protected experts away too: it owes a review in any case.
    ...(emergency ? [] : protectionBlockers(of, plan, facts.protection, judged)),
    ...policyBlockers(verdict, facts.policy.version),
  ];
  return { class: changeClass, plannedDigest, approvals: judged, policies: verdict.policies.map(({ id }) => id), blockers: named(blockers, of, facts) };
}

/** Says of a freeze which one, as the policy cannot know. */
function named(blockers: readonly Blocker[], { change }: ChangeCase, { freezes, nowMs }: StandingFacts): readonly Blocker[] {
  const [freeze] = freezesAt(freezes, modelOf(change.payload), nowMs);
  if (!freeze) return blockers;
  return blockers.map((one) => (one.reason === 'frozen' ? { ...one, detail: `Freeze window "${freeze.name}" holds until ${new Date(freeze.endsAtMs).toISOString()}: ${freeze.reason.replace(/[.\s]+$/, '')}. ${one.detail}` } : one));
}

function lifeBlockers({ change }: ChangeCase, { nowMs }: StandingFacts, emergency: boolean): Blocker[] {
  if (!isLive(change)) return [{ reason: 'ended', detail: `The request is ${change.state}; create a new one.` }];
  if (change.expiresAtMs <= nowMs) return [{ reason: 'expired', detail: `The request expired at ${new Date(change.expiresAtMs).toISOString()}; create a new one.` }];
  return change.state === 'draft' && !emergency ? [{ reason: 'not-open', detail: 'It is a draft; submit it.' }] : [];
}

function planBlockers({ change }: ChangeCase, plan: Plan, plannedDigest: Sha256 | null): Blocker[] {
  if (!plan.planned) return [{ reason: 'not-plannable', detail: plan.detail }];
  if (plannedDigest === change.digest) return [];
  const moved = movedFacts(change.base, plan.base);
  const what = moved.length > 0 ? moved.join('; ') : 'what would be written has changed';
  return [{ reason: 'base-changed', detail: `The state it was planned on has moved: ${what}. Edit the request, if only to plan it anew, and have it approved again.` }];
}

function movedFacts(planned: ChangeBase, now: ChangeBase): string[] {
  return [...new Set([...Object.keys(planned), ...Object.keys(now)])].flatMap((field) =>
    planned[field] === now[field] ? [] : [`${field} was ${String(planned[field] ?? 'absent')} and is ${String(now[field] ?? 'absent')}`],
  );
}
