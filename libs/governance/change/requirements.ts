import { policyBlockers } from './change-policy.ts';
import { type Actor, type Blocker, type ChangeCase, isLive } from './change-request.ts';
import { askPolicy, classOf, type StandingFacts, standingOf } from './decide-standing.ts';

/** One thing that must hold before a change is applied, and whether it does. `detail` is the remedy where it does not. */
interface Requirement extends Blocker {
  readonly isMet: boolean;
}

/** Not met by anything that is attached: told as they stand. */
const BY_STATE: readonly Blocker['reason'][] = ['frozen', 'not-permitted', 'policy-error'];

/**
 * Everything that must hold before `actor` may apply a change. What the policy asks for is found by asking it
 * twice: as though there were no evidence and no approvals, and as it is. What the first answer names and the
 * second does not is met. A change that has ended needs nothing any more.
 */
export function requirementsOf(of: ChangeCase, actor: Actor, facts: StandingFacts): readonly Requirement[] {
  const { change } = of;
  if (!isLive(change)) return [];
  const standing = standingOf(of, actor, facts);
  const asked = policyBlockers(askPolicy('apply', actor, { ...of, evidence: [] }, facts, [], { class: classOf(of, actor, facts) }), facts.policy.version);
  const isOpen = (one: Blocker): boolean => standing.blockers.some(({ detail }) => detail === one.detail);
  const met = asked.filter((one) => !BY_STATE.includes(one.reason) && !isOpen(one));
  const base = standing.blockers.filter(({ reason }) => reason === 'base-changed' || reason === 'not-plannable');
  const others = standing.blockers.filter((one) => !base.includes(one));
  return [
    ...(base.length > 0 ? base.map((one) => ({ ...one, isMet: false })) : [{ reason: 'base-changed' as const, detail: 'The state it was planned on has not moved.', isMet: true }]),
    ...met.map((one) => ({ ...one, isMet: true })),
    ...others.map((one) => ({ ...one, isMet: false })),
  ];
}
