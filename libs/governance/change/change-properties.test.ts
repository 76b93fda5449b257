import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { approvalDigestOf, changeDigestOf, evidenceDigests } from './change-digest.ts';
import { type ChangePayload } from './change-payload.ts';
import { type Actor, type CaseDecision, type ChangeCase, isLive } from './change-request.ts';
import { decideApply, decideDue, scheduleChange, unscheduleChange } from './decide-application.ts';
import { addEvidence, editChange, openDraft, removeEvidence, submitChange, voteOnChange, withdrawChange } from './decide-request.ts';
import { type StandingFacts } from './decide-standing.ts';
import { planChange } from './plan-change.ts';
import { person, REPLACE, sampleEvidence, sampleFacts, sampleManifest, samplePolicy, sha, standingFacts, START_MS } from './testing/sample-case.ts';

const NEEDED = 2;
const HOUR_MS = 3_600_000;
const APPROVAL_MS = 168 * HOUR_MS;
const PEOPLE: readonly Actor[] = [
  person('ann', ['releaser', 'approver', 'admin']), person('ben', ['approver', 'operator']), person('cat', ['approver', 'operator']), person('dan', ['approver']),
  person('ann-robot', ['approver'], 'user:ann'), person('ben-robot', ['releaser', 'approver'], 'user:ben'), person('eve', ['approver'], 'user:ben'),
];
const BASES = [sampleManifest(), sampleManifest(undefined, [sha('7'), sha('3')])] as const;
const PAYLOADS: readonly ChangePayload[] = [REPLACE, { ...REPLACE, replace: [{ component: 'expert/0/0', sha256: sha('4') }] } as ChangePayload];

type Step =
  | { readonly do: 'edit' | 'evidence' | 'remove' | 'approve' | 'approve-old' | 'submit' | 'apply' | 'schedule' | 'unschedule' | 'due' | 'withdraw'; readonly who: number; readonly what: number }
  | { readonly do: 'wait'; readonly hours: number }
  | { readonly do: 'move-base' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('edit', 'evidence', 'remove', 'schedule', 'unschedule', 'due', 'submit', 'approve-old'), who: fc.nat(PEOPLE.length - 1), what: fc.nat(1) }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constantFrom('approve', 'apply'), who: fc.nat(PEOPLE.length - 1), what: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.nat(200) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'move-base' as const }) },
);

/** Keeps book of what was said, in its own simple way, to hold the decisions against. */
class Book {
  readonly acted: Actor[] = [];
  votes: { who: Actor; changeDigest: string; evidence: readonly string[]; atMs: number }[] = [];

  touched(who: Actor): void {
    this.acted.push(who);
  }

  /** How many people stand behind a digest, by the most careful count. */
  behind(changeDigest: string, evidence: readonly string[], nowMs: number): number {
    const seen: Actor[] = [];
    for (const vote of this.votes) {
      const counts = vote.changeDigest === changeDigest && vote.evidence.every((one) => evidence.includes(one)) && nowMs < vote.atMs + APPROVAL_MS && [...this.acted, ...seen].every((other) => !isSame(vote.who, other));
      if (counts) seen.push(vote.who);
    }
    return seen.length;
  }
}

/** The same account, or one has the key of the other. */
function isSame(one: Actor, other: Actor): boolean {
  return one.accountId === other.accountId || one.issuedBy === other.accountId || other.issuedBy === one.accountId;
}

function run(steps: readonly Step[]): number {
  const book = new Book();
  let nowMs = START_MS;
  let base = 0;
  let payload = REPLACE;
  const ann = PEOPLE[0]!;
  const facts = (of: ChangePayload = payload): StandingFacts => standingFacts(of, { nowMs, policy: samplePolicy(NEEDED), plan: planChange(of, sampleFacts(BASES[base])), rolesNow: (id) => PEOPLE.find(({ accountId }) => accountId === id)?.roles ?? null });
  const first = openDraft({ id: 'c', title: 't', reason: 'r', payload, supersedes: null }, ann, facts());
  if (!first.allowed) throw new Error('no draft');
  book.touched(ann);
  let of: ChangeCase = first.next;
  let oldDigest = '';
  let applied = 0;

  const take = (decision: CaseDecision, then: () => void = () => undefined): void => {
    if (!decision.allowed) return;
    of = decision.next;
    then();
  };
  const check = (who: Actor): void => {
    const decision = decideApply(of, who, facts());
    if (!decision.allowed) return;
    applied += 1;
    const plan = planChange(payload, sampleFacts(BASES[base]));
    if (!plan.planned) throw new Error('applied what cannot be planned');
    const digest = changeDigestOf({ payload, base: plan.base, effect: plan.effect });
    expect(of.change.digest).toBe(digest);
    expect(of.evidence.some(({ kind, removedAtMs }) => kind === 'safety-suite' && removedAtMs === null)).toBe(true);
    expect(book.behind(digest, evidenceDigests(of.evidence), nowMs)).toBeGreaterThanOrEqual(NEEDED);
    // What the policy asks for was there when it was approved, not slipped in afterwards.
    for (const { evidence } of book.votes.filter((vote) => vote.changeDigest === digest)) expect(evidence.some((one) => one.startsWith('safety-suite:'))).toBe(true);
    expect(isLive(of.change)).toBe(true);
  };

  for (const [index, one] of steps.entries()) {
    if (one.do === 'wait') nowMs += one.hours * HOUR_MS;
    else if (one.do === 'move-base') base = 1 - base;
    else {
      const who = PEOPLE[one.who]!;
      if (one.do === 'edit') {
        const next = PAYLOADS[one.what]!;
        take(editChange(of, { title: 't', reason: 'r', payload: next }, who, facts(next)), () => {
          payload = next;
          book.votes = [];
          book.touched(who);
        });
      }
      if (one.do === 'submit') take(submitChange(of, who, facts()), () => book.touched(who));
      if (one.do === 'evidence') take(addEvidence(of, sampleEvidence(`e${index}`, one.what === 0 ? 'safety-suite' : 'evaluation', sha(String(index % 10))), who, facts()), () => book.touched(who));
      if (one.do === 'remove') {
        const gone = of.evidence.find(({ removedAtMs }) => removedAtMs === null);
        if (gone) take(removeEvidence(of, gone.id, who, facts()), () => {
          book.touched(who);
          book.votes = book.votes.filter(({ evidence }) => evidence.every((digest) => evidenceDigests(of.evidence).includes(digest)));
        });
      }
      if (one.do === 'approve' || one.do === 'approve-old') {
        const digest = approvalDigestOf(of.change.digest, evidenceDigests(of.evidence));
        const evidence = evidenceDigests(of.evidence);
        take(voteOnChange(of, { id: `v${index}`, verdict: 'approve', digest: one.do === 'approve' ? digest : oldDigest, comment: '' }, who, facts()), () => {
          expect(book.acted.some((other) => isSame(who, other)), 'someone approved their own').toBe(false);
          book.votes.push({ who, changeDigest: of.change.digest, evidence, atMs: nowMs });
        });
        oldDigest = digest;
      }
      if (one.do === 'schedule') take(scheduleChange(of, { atMs: nowMs + HOUR_MS, untilMs: nowMs + 24 * HOUR_MS }, who, facts()));
      if (one.do === 'unschedule') take(unscheduleChange(of, who, facts()));
      if (one.do === 'withdraw') take(withdrawChange(of, who, facts(), false));
      if (one.do === 'apply') check(who);
      if (one.do === 'due' && of.change.schedule && decideDue(of, facts()).act === 'apply') check(of.change.schedule.by);
    }
  }
  return applied;
}

it('lets no order of events apply a change without the approvals its policy asks for, at exactly what is applied', () => {
  let applied = 0;
  // Most orders lead nowhere, so each begins on the straight way and strays from there.
  const straight: Step[] = [
    { do: 'evidence', who: 0, what: 0 }, { do: 'submit', who: 0, what: 0 }, { do: 'approve', who: 1, what: 0 }, { do: 'approve', who: 2, what: 0 }, { do: 'apply', who: 3, what: 0 },
  ];
  // One who slips evidence in at the end, whatever went before.
  const late: Step[] = [{ do: 'evidence', who: 0, what: 0 }, { do: 'apply', who: 3, what: 0 }];
  const strays = fc.tuple(fc.array(step, { maxLength: 4 }), fc.nat(5), fc.oneof(fc.constant(late), fc.array(step, { maxLength: 30 })));
  fc.assert(
    fc.property(strays, ([early, at, end]) => {
      applied += run([...straight.slice(0, at), ...early, ...straight.slice(at), ...end]);
    }),
    { numRuns: 800 },
  );
  // The property would say nothing if nothing were ever applied.
  expect(applied).toBeGreaterThan(400);
}, 120_000);

it('lets nobody approve their own by any order of events', () => {
  let runs = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      run(steps);
      runs += 1;
    }),
    { numRuns: 400 },
  );
  expect(runs).toBe(400);
});
