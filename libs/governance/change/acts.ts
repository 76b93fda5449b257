import { type Permission } from '../access/permissions.ts';
import { approvalDigestOf, evidenceDigests } from './change-digest.ts';
import { strategyOf } from './change-payload.ts';
import { type Actor, type Blocker, type ChangeCase, isLive, refuse } from './change-request.ts';
import { debtsOf, decideApply, decideBreakGlass, decidePromote, reviewChange, scheduleChange, unscheduleChange } from './decide-application.ts';
import { mustBeLive, submitChange, voteOnChange, withdrawChange } from './decide-request.ts';
import { type StandingFacts } from './decide-standing.ts';

/** What can be done with a request, and the permission that each needs. */
const NEEDS = {
  edit: 'propose', 'add-evidence': 'propose', submit: 'propose', withdraw: 'propose', approve: 'approve', reject: 'approve', review: 'approve',
  schedule: 'operate', unschedule: 'operate', apply: 'operate', promote: 'operate', 'break-glass': 'operate',
} as const satisfies Record<string, Permission>;
type ChangeAct = keyof typeof NEEDS;
export const CHANGE_ACTS = Object.keys(NEEDS) as [ChangeAct, ...ChangeAct[]];

/** Whether somebody may do something with a request now; `blockers` say why not. */
interface JudgedAct {
  readonly act: ChangeAct;
  readonly allowed: boolean;
  readonly blockers: readonly Blocker[];
}

type Who = Actor & { readonly permissions: readonly Permission[] };
type Answer = { readonly allowed: true } | { readonly allowed: false; readonly blockers: readonly Blocker[] };

/** A reason that is long enough: what is asked is whether one may at all. */
const SOME_REASON = 'Asked beforehand.';

/** Everything that can be done with a request, judged for one person by the decisions that would be taken. */
export function judgeActs(of: ChangeCase, who: Who, facts: StandingFacts): readonly JudgedAct[] {
  return CHANGE_ACTS.map((act) => {
    const needs = NEEDS[act];
    const answer: Answer = who.permissions.includes(needs) ? decide(act, of, who, facts) : refuse('not-permitted', `It needs the permission ${needs}, which your roles do not give you.`);
    return { act, allowed: answer.allowed, blockers: answer.allowed ? [] : answer.blockers };
  });
}

function decide(act: ChangeAct, of: ChangeCase, who: Who, facts: StandingFacts): Answer {
  const { change } = of;
  const { nowMs } = facts;
  switch (act) {
    case 'edit':
    case 'add-evidence':
      return mustBeLive(of, nowMs) ?? { allowed: true };
    case 'submit':
      return submitChange(of, who, facts);
    case 'withdraw':
      return withdrawChange(of, who, facts, who.permissions.includes('administer'));
    case 'approve':
    case 'reject':
      return voteOnChange(of, { id: change.id, verdict: act, digest: approvalDigestOf(change.digest, evidenceDigests(of.evidence)), comment: '' }, who, facts);
    case 'review':
      return reviewChange(of, { verdict: 'confirmed', note: SOME_REASON }, who, nowMs);
    case 'schedule':
      return scheduleChange(of, { atMs: nowMs + 1, untilMs: nowMs + 2 }, who, facts);
    case 'unschedule':
      return unscheduleChange(of, who, facts);
    case 'apply':
      return decideApply(of, who, facts);
    case 'promote':
      return decidePromote(of, who, facts);
    case 'break-glass':
      return strategyOf(change.payload) === 'rollout'
        ? refuse('effect-refused', 'A guarded rollout is no emergency: edit the request to take effect at once or as a canary, and break the glass for that.')
        : decideBreakGlass(of, { reason: SOME_REASON, hours: facts.policy.limits.breakGlassHours }, who, facts);
  }
}

/** What a request waits for that this person may give: the act that leads it on; null where it waits for others or nothing. */
export function waitsFor(of: ChangeCase, who: Who, facts: StandingFacts): ChangeAct | null {
  const { change } = of;
  const acts = judgeActs(of, who, facts);
  const may = (act: ChangeAct): boolean => acts.some((one) => one.act === act && one.allowed);
  if (debtsOf(change, facts.nowMs).length > 0 && may('review')) return 'review';
  if (change.state === 'applying') return may('promote') ? 'promote' : null;
  if (!isLive(change)) return null;
  if (change.state === 'approved') return may('apply') ? 'apply' : null;
  if (change.state === 'open') return may('approve') ? 'approve' : null;
  if (change.state !== 'draft' || !change.involved.includes(who.accountId)) return null;
  return may('submit') ? 'submit' : may('add-evidence') ? 'add-evidence' : null;
}
