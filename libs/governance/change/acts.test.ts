import { describe, expect, it } from 'vitest';
import { judgeActs, waitsFor } from './acts.ts';
import { type ChangeCase } from './change-request.ts';
import { addEvidence, openDraft, submitChange, voteOnChange } from './decide-request.ts';
import { approvalDigestOf, evidenceDigests } from './change-digest.ts';
import { requirementsOf } from './requirements.ts';
import { person, REPLACE, sha, standingFacts } from './testing/sample-case.ts';

const facts = standingFacts();
const author = { ...person('author', ['releaser']), permissions: ['read', 'propose'] } as const;
const approver = { ...person('approver', ['approver']), permissions: ['read', 'approve'] } as const;
const operator = { ...person('operator', ['operator']), permissions: ['read', 'operate'] } as const;
const root = { ...person('author', ['admin']), permissions: ['read', 'propose', 'approve', 'operate', 'administer'] } as const;

function must(decision: ReturnType<typeof openDraft>): ChangeCase {
  if (!decision.allowed) throw new Error(decision.blockers[0].detail);
  return decision.next;
}

const draft = must(openDraft({ id: 'c', title: 't', reason: 'r', payload: REPLACE, supersedes: null }, author, facts));
const item = { id: 'e', kind: 'safety-suite', sha256: sha('9'), addedBy: author.accountId, removedAtMs: null } as const;
const open = must(submitChange(must(addEvidence(draft, item, author, facts)), author, facts));
const approved = must(voteOnChange(open, { id: 'v', verdict: 'approve', digest: approvalDigestOf(open.change.digest, evidenceDigests(open.evidence)), comment: '' }, approver, facts));

const may = (of: ChangeCase, who: Parameters<typeof judgeActs>[1]): string[] => judgeActs(of, who, facts).filter(({ allowed }) => allowed).map(({ act }) => act);

describe('judgeActs', () => {
  it('lets each do what the decisions let them do', () => {
    expect(may(draft, author)).toEqual(['edit', 'add-evidence', 'withdraw']);
    expect(may(open, approver)).toEqual(['approve', 'reject']);
    expect(may(approved, operator)).toEqual(['schedule', 'apply', 'break-glass']);
  });

  it('says why not: no permission, and nobody decides over their own, administrators included', () => {
    const why = (who: Parameters<typeof judgeActs>[1]) => judgeActs(open, who, facts).find(({ act }) => act === 'approve')!.blockers.map(({ reason }) => reason);
    expect(why(operator)).toEqual(['not-permitted']);
    expect(why(root)).toEqual(['own-change']);
  });
});

describe('waitsFor', () => {
  it('names the act that leads on, for who may do it', () => {
    expect([draft, open, approved].map((of) => [author, approver, operator].map((who) => waitsFor(of, who, facts)))).toEqual([
      ['add-evidence', null, null],
      [null, 'approve', null],
      [null, null, 'apply'],
    ]);
  });
});

describe('requirementsOf', () => {
  const of = (change: ChangeCase, now = facts) => Object.fromEntries(requirementsOf(change, operator, now).map(({ reason, isMet }) => [reason, isMet]));

  it('tells what is met beside what is not', () => {
    expect(of(draft)).toEqual({ 'base-changed': true, 'evidence-missing': false, 'not-open': false });
    expect(of(approved)).toMatchObject({ 'base-changed': true, 'evidence-missing': true });
    expect(Object.values(of(approved))).not.toContain(false);
  });

  it('tells of a freeze, and of a state that has moved', () => {
    const freeze = { id: 'f', name: 'night', reason: 'dark', model: null, startsAtMs: facts.nowMs - 1, endsAtMs: facts.nowMs + 1 };
    expect(of(approved, { ...facts, freezes: [freeze] })).toMatchObject({ frozen: false });
    const moved = { ...facts, plan: { ...facts.plan, base: { stable: sha('0') } } as typeof facts.plan };
    expect(of(approved, moved)).toMatchObject({ 'base-changed': false });
  });

  it('asks for nothing once it has ended', () => {
    expect(requirementsOf({ ...approved, change: { ...approved.change, state: 'rejected' } }, operator, facts)).toEqual([]);
  });
});
