import { describe, expect, it } from 'vitest';
import { type ChangePayload } from './change-payload.ts';
import { approvalDigestOf, evidenceDigests } from './change-digest.ts';
import { type Actor, type CaseDecision, type ChangeCase } from './change-request.ts';
import { applied, concluded, debtsOf, decideApply, decideBreakGlass, decideDue, decidePromote, reviewChange, scheduleChange } from './decide-application.ts';
import { addEvidence, editChange, openDraft, removeEvidence, submitChange, voteOnChange, withdrawChange } from './decide-request.ts';
import { type StandingFacts } from './decide-standing.ts';
import { planChange } from './plan-change.ts';
import { person, REPLACE, sampleEvidence, sampleFacts, sampleManifest, samplePolicy, sha, standingFacts, START_MS } from './testing/sample-case.ts';

const HOUR_MS = 3_600_000;
const author = person('author', ['releaser', 'admin']);
const [first, second] = [person('first'), person('second')];

function ok(decision: CaseDecision): ChangeCase {
  if (!decision.allowed) throw new Error(decision.blockers.map(({ reason, detail }) => `${reason}: ${detail}`).join('\n'));
  return decision.next;
}
const reasons = (decision: { allowed: boolean; blockers?: readonly { reason: string }[] }): string[] => (decision.allowed ? [] : (decision.blockers ?? []).map(({ reason }) => reason));
const draft = (facts = standingFacts()): ChangeCase => ok(openDraft({ id: 'c', title: 't', reason: 'r', payload: REPLACE, supersedes: null }, author, facts));
const opened = (facts = standingFacts()): ChangeCase => ok(submitChange(ok(addEvidence(draft(facts), sampleEvidence('e1'), author, facts)), author, facts));
const digestOf = (of: ChangeCase): string => approvalDigestOf(of.change.digest, evidenceDigests(of.evidence));
let votes = 0;
const vote = (of: ChangeCase, actor: Actor, facts = standingFacts(), verdict: 'approve' | 'reject' = 'approve', digest = digestOf(of)): CaseDecision =>
  voteOnChange(of, { id: `v${(votes += 1)}`, verdict, digest, comment: '' }, actor, facts);
const approved = (facts = standingFacts()): ChangeCase => ok(vote(opened(facts), first, facts));
const at = (ms: number, more: Partial<StandingFacts> = {}): StandingFacts => standingFacts(REPLACE, { nowMs: ms, ...more });
/** The same change after another expert was replaced by someone else. */
const moved = standingFacts(REPLACE, { plan: planChange(REPLACE, sampleFacts(sampleManifest(undefined, [sha('7'), sha('3')]))) });

describe('a request', () => {
  it('is not submitted without the evidence its type needs', () => {
    expect(submitChange(draft(), author, standingFacts())).toMatchObject({ allowed: false, blockers: [{ reason: 'evidence-missing', evidence: 'safety-suite' }] });
    expect(opened().change.state).toBe('open');
  });

  it('is approved by others, never by who had a hand in it', () => {
    const of = opened();
    expect(reasons(vote(of, author))).toEqual(['own-change']);
    // A key that the author handed out is in the author's hand too, and the other way round.
    expect(reasons(vote(of, person('helper', ['approver'], author.accountId)))).toEqual(['own-change']);
    const byKey = ok(openDraft({ id: 'c', title: 't', reason: 'r', payload: REPLACE, supersedes: null }, person('bot', ['releaser'], first.accountId), standingFacts()));
    expect(byKey.change).toMatchObject({ involved: ['user:bot'], issuers: [first.accountId] });
    const submitted = ok(submitChange(ok(addEvidence(byKey, sampleEvidence('e1'), person('bot', ['releaser'], first.accountId), standingFacts())), author, standingFacts()));
    expect(reasons(vote(submitted, first))).toEqual(['own-change']);
    // Two people with keys from the same third one are two people.
    expect(ok(vote(submitted, person('second', ['approver'], first.accountId))).change.state).toBe('approved');
    const edited = ok(editChange(of, { title: 'n', reason: 'r', payload: REPLACE }, second, standingFacts()));
    expect(reasons(vote(edited, second))).toEqual(['own-change']);
    expect(ok(vote(of, first)).change.state).toBe('approved');
  });

  it('counts one person once, whatever keys they hold', () => {
    const facts = standingFacts(REPLACE, { policy: samplePolicy(2) });
    const once = ok(vote(opened(facts), first, facts));
    expect(reasons(vote(once, first, facts))).toEqual(['already-approved']);
    const twice = ok(vote(once, person('robot', ['approver'], first.accountId), facts));
    expect(twice.change.state).toBe('open');
    expect(ok(vote(once, second, facts)).change.state).toBe('approved');
  });

  it('is approved only for what the digest names', () => {
    expect(reasons(vote(opened(), first, standingFacts(), 'approve', sha('0')))).toEqual(['digest-changed']);
    const before = opened();
    const after = ok(addEvidence(before, sampleEvidence('e2', 'evaluation', sha('f')), author, standingFacts()));
    expect(reasons(vote(after, first, standingFacts(), 'approve', digestOf(before)))).toEqual(['digest-changed']);
  });

  it('loses approvals by an edit and by evidence that goes, not by evidence that comes', () => {
    const facts = standingFacts();
    expect(reasons(decideApply(approved(), first, facts))).toEqual([]);
    const edited = ok(editChange(approved(), { title: 'other', reason: 'r', payload: REPLACE }, author, facts));
    expect(edited.approvals[0]).toMatchObject({ revokedReason: 'edited' });
    expect(reasons(decideApply(edited, first, facts))).toEqual(['approvals-missing']);
    const more = ok(addEvidence(approved(), sampleEvidence('e2', 'evaluation', sha('f')), author, facts));
    expect(reasons(decideApply(more, first, facts))).toEqual([]);
    const less = ok(removeEvidence(more, 'e1', author, facts));
    expect(less.approvals[0]).toMatchObject({ revokedReason: 'evidence-removed' });
    expect(reasons(decideApply(less, first, facts))).toEqual(['evidence-missing']);
    expect(less.change.state).toBe('open');
  });

  it('is not approved without the evidence that is asked for, nor under another policy', () => {
    const facts = standingFacts();
    const bare = ok(removeEvidence(opened(), 'e1', author, facts));
    expect(reasons(vote(bare, first, facts))).toEqual(['evidence-missing']);
    const other = standingFacts(REPLACE, { policy: { ...samplePolicy(), version: 4 } });
    expect(reasons(decideApply(approved(), second, other))).toEqual(['approvals-missing']);
    expect(reasons(decideApply(ok(vote(approved(), second, other)), second, other))).toEqual([]);
  });

  it('is not applied over a state that has moved, and says what moved', () => {
    const decision = decideApply(approved(), first, moved);
    expect(reasons(decision)).toEqual(['base-changed', 'approvals-missing']);
    expect(decision).toMatchObject({ blockers: [{ detail: expect.stringContaining('stable was') }, {}] });
    // Planned anew, it can be approved anew.
    const again = ok(editChange(approved(), { title: 't', reason: 'r', payload: REPLACE }, author, moved));
    expect(reasons(decideApply(ok(vote(again, first, moved)), first, moved))).toEqual([]);
  });

  it('loses approvals by time, and by the approver being disabled', () => {
    expect(reasons(decideApply(approved(), second, at(START_MS + 168 * HOUR_MS - 1)))).toEqual([]);
    expect(reasons(decideApply(approved(), second, at(START_MS + 168 * HOUR_MS)))).toEqual(['approvals-missing']);
    expect(reasons(decideApply(approved(), second, at(START_MS, { rolesNow: () => null })))).toEqual(['approvals-missing']);
    expect(reasons(decideApply(approved(), second, at(START_MS, { rolesNow: () => ['viewer'] })))).toEqual(['approvals-missing']);
    expect(reasons(decideApply(approved(), second, at(START_MS + 30 * 24 * HOUR_MS)))).toEqual(['expired', 'approvals-missing']);
  });

  it('ends by one rejection, or by a word of who wrote it', () => {
    const rejected = ok(vote(opened(), first, standingFacts(), 'reject'));
    expect(rejected.change.state).toBe('rejected');
    expect(reasons(vote(rejected, second))).toEqual(['ended']);
    expect(reasons(withdrawChange(opened(), first, standingFacts(), false))).toEqual(['not-involved']);
    expect(ok(withdrawChange(opened(), author, standingFacts(), false)).change.state).toBe('withdrawn');
  });
});

describe('its time', () => {
  const freeze = { id: 'f', name: 'holidays', reason: 'nobody is here', model: null, startsAtMs: START_MS + HOUR_MS, endsAtMs: START_MS + 2 * HOUR_MS };
  const scheduled = (from: number, until: number): ChangeCase => ok(scheduleChange(approved(), { atMs: START_MS + from, untilMs: START_MS + until }, second, standingFacts()));

  it('is not now while a freeze window holds', () => {
    const frozen = decideApply(approved(), second, at(START_MS + HOUR_MS, { freezes: [freeze] }));
    expect(frozen).toMatchObject({ allowed: false, blockers: [{ reason: 'frozen', detail: expect.stringContaining('holidays') }] });
    expect(reasons(decideApply(approved(), second, at(START_MS + 2 * HOUR_MS, { freezes: [freeze] })))).toEqual([]);
    expect(reasons(decideApply(approved(), second, at(START_MS + HOUR_MS, { freezes: [{ ...freeze, model: 'other' }] })))).toEqual([]);
  });

  it('comes as scheduled: waits, is applied, waits for a freeze to end, expires with its window', () => {
    const of = scheduled(HOUR_MS, 3 * HOUR_MS);
    expect(decideDue(of, at(START_MS))).toEqual({ act: 'wait', reason: 'not-before' });
    expect(reasons(decideApply(of, second, at(START_MS)))).toEqual(['not-before']);
    expect(decideDue(of, at(START_MS + HOUR_MS)).act).toBe('apply');
    expect(decideDue(of, at(START_MS + HOUR_MS, { freezes: [freeze] }))).toEqual({ act: 'wait', reason: 'frozen' });
    // The process was away until then.
    expect(decideDue(of, at(START_MS + 2.5 * HOUR_MS)).act).toBe('apply');
    expect(decideDue(of, at(START_MS + 3 * HOUR_MS))).toMatchObject({ act: 'expire', blockers: [{ reason: 'window-missed' }] });
    expect(decideDue(of, { ...moved, nowMs: START_MS + HOUR_MS })).toMatchObject({ act: 'fail', blockers: [{ reason: 'base-changed' }, {}] });
  });

  it('does not come for somebody who may not do it any more by then', () => {
    const of = scheduled(HOUR_MS, 3 * HOUR_MS);
    const asked = (roles: readonly string[] | null) => decideDue(of, at(START_MS + HOUR_MS, { rolesNow: (account) => (account === second.accountId ? roles : ['approver', 'operator']) }));
    expect(asked(null)).toMatchObject({ act: 'fail', blockers: [{ reason: 'scheduler-gone' }] });
    expect(asked(['approver'])).toMatchObject({ act: 'fail', blockers: [{ reason: 'scheduler-gone' }] });
    expect(asked(['admin']).act).toBe('apply');
  });

  it('takes no window that is past, empty or too long', () => {
    for (const [from, until] of [[-1, 1], [0, 1], [2, 2], [1, 8 * 24 * HOUR_MS]] as const) {
      expect(reasons(scheduleChange(approved(), { atMs: START_MS + from, untilMs: START_MS + until }, second, standingFacts()))).toEqual(['schedule-invalid']);
    }
    expect(reasons(scheduleChange(opened(), { atMs: START_MS + 1, untilMs: START_MS + 2 }, second, standingFacts()))).toEqual(['approvals-missing']);
  });
});

describe('its canary', () => {
  const payload = { ...REPLACE, strategy: { kind: 'canary', share: 0.1, stickyBy: 'key', scope: { segment: null, routeSlice: null } } } as ChangePayload;
  const facts = standingFacts(payload);
  const freeze = { id: 'f', name: 'night', reason: 'asleep', model: 'toy', startsAtMs: START_MS, endsAtMs: START_MS + 1 };
  const begun = (): ChangeCase => {
    const drafted = ok(openDraft({ id: 'c', title: 't', reason: 'r', payload, supersedes: null }, author, facts));
    const of = ok(vote(ok(submitChange(ok(addEvidence(drafted, sampleEvidence('e1'), author, facts)), author, facts)), first, facts));
    const decision = decideApply(of, second, facts);
    if (!decision.allowed) throw new Error(decision.blockers[0].detail);
    return ok(applied(of, second, decision, {}, false, null, facts));
  };

  it('is promoted by the request that began it, unless frozen; a request that is over promotes nothing', () => {
    const of = begun();
    expect(of.change.state).toBe('applying');
    expect(decidePromote(of, second, facts)).toMatchObject({ allowed: true, model: 'toy' });
    expect(reasons(decidePromote(of, second, { ...facts, freezes: [freeze] }))).toEqual(['frozen']);
    expect(reasons(decidePromote(ok(concluded(of, 'applied', {}, 'system', START_MS)), second, facts))).toEqual(['not-applying']);
    expect(reasons(decidePromote(approved(), second, standingFacts()))).toEqual(['not-applying']);
  });
});

describe('a broken glass', () => {
  const glass = { reason: 'the expert leaks addresses', hours: 4 };
  const broken = (): ChangeCase => {
    const decision = decideBreakGlass(draft(), glass, first, standingFacts());
    if (!decision.allowed) throw new Error(decision.blockers[0].detail);
    return ok(applied(draft(), first, decision, {}, true, glass, standingFacts()));
  };

  it('needs a reason, a time limit and the right to it, and no approvals', () => {
    expect(reasons(decideBreakGlass(draft(), { ...glass, reason: 'quick' }, first, standingFacts()))).toEqual(['reason-missing']);
    expect(reasons(decideBreakGlass(draft(), { ...glass, hours: 25 }, first, standingFacts()))).toEqual(['time-limit']);
    expect(reasons(decideBreakGlass(draft(), glass, person('releaser', ['releaser']), standingFacts()))).toEqual(['not-permitted']);
    expect(reasons(decideBreakGlass(draft(), glass, first, moved))).toEqual(['base-changed']);
    expect(broken().change).toMatchObject({ state: 'applied', class: 'emergency' });
  });

  it('owes a review by someone else, and a word on whether it stays', () => {
    const of = broken();
    expect(debtsOf(of.change, START_MS + 5 * HOUR_MS)).toEqual([
      { kind: 'review', dueMs: START_MS + 48 * HOUR_MS, overdue: false },
      { kind: 'confirm-or-revert', dueMs: START_MS + 4 * HOUR_MS, overdue: true },
    ]);
    const verdict = { verdict: 'confirmed', note: 'right to do' } as const;
    expect(reasons(reviewChange(of, verdict, first, START_MS))).toEqual(['own-change']);
    expect(reasons(reviewChange(of, verdict, author, START_MS))).toEqual(['own-change']);
    expect(debtsOf(ok(reviewChange(of, verdict, second, START_MS)).change, START_MS)).toEqual([]);
    const revert = ok(reviewChange(of, { ...verdict, verdict: 'to-revert' }, second, START_MS));
    expect(debtsOf(revert.change, START_MS).map(({ kind }) => kind)).toEqual(['confirm-or-revert']);
    expect(reasons(reviewChange(opened(), verdict, second, START_MS))).toEqual(['no-broken-glass']);
  });
});
