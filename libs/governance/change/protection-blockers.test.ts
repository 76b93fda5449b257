import { expect, it } from 'vitest';
import { approvalDigestOf, evidenceDigests } from './change-digest.ts';
import { type ChangeCase } from './change-request.ts';
import { decideApply, decideBreakGlass } from './decide-application.ts';
import { addEvidence, openDraft, submitChange, voteOnChange } from './decide-request.ts';
import { type StandingFacts } from './decide-standing.ts';
import { planChange } from './plan-change.ts';
import { type ChangePayload } from './change-payload.ts';
import { person, REPLACE, sampleEvidence, sampleFacts, sampleManifest, sha, standingFacts } from './testing/sample-case.ts';

const GUARDED = [{ layer: 0, expert: 1, reason: 'carries refusals' }];
const guarded = (payload: ChangePayload = REPLACE, evidence: readonly string[] = []): StandingFacts =>
  standingFacts(payload, { plan: planChange(payload, sampleFacts(undefined, { guarded: GUARDED })), protection: { releaseId: sha('a'), needed: 'release', evidence } });

function must(decision: ReturnType<typeof openDraft>): ChangeCase {
  if (!decision.allowed) throw new Error(decision.blockers.map(({ reason }) => reason).join());
  return decision.next;
}

/** Submitted with a safety suite attached, of digest eee. */
function submitted(facts: StandingFacts, payload = REPLACE): ChangeCase {
  const draft = must(openDraft({ id: 'change', title: 't', reason: 'r', payload, supersedes: null }, person('author'), facts));
  return must(submitChange(must(addEvidence(draft, sampleEvidence('e'), person('author'), facts)), person('author'), facts));
}

const approve = (of: ChangeCase, facts: StandingFacts) => voteOnChange(of, { id: 'vote', verdict: 'approve', digest: approvalDigestOf(of.change.digest, evidenceDigests(of.evidence)), comment: '' }, person('approver'), facts);
const reasons = (decision: { readonly allowed: boolean; readonly blockers?: readonly { readonly reason: string }[] }) => (decision.allowed ? [] : decision.blockers?.map(({ reason }) => reason));

it.each([
  ['replaces', REPLACE],
  ['retires', { type: 'retire-expert', model: 'toy', experts: ['expert/0/1'] }],
  ['masks', { type: 'change-data-rules', model: 'toy', rules: [{ id: 'a', expert: 'expert/0/1', effect: 'deny', tenants: ['x'] }] }],
  ['bounds', { type: 'change-routing-settings', model: 'toy', settings: { quotas: [{ layer: 0, expert: 1, tokensPerSecond: 5 }] }, strategy: { kind: 'at-once' } }],
  ['recalls', { type: 'recall', model: 'toy', sha256: sha('3'), reason: 'bad' }],
] as const satisfies readonly (readonly [string, ChangePayload])[])('a change that %s a protected expert waits for evidence', (_, payload) => {
  const facts = sampleFacts(sampleManifest(), { guarded: GUARDED, components: new Map([[sha('3'), { kind: 'expert', isRecalled: false }], [sha('4'), { kind: 'expert', isRecalled: false }]]) });
  const plan = planChange(payload, facts);
  expect(plan.planned && plan.takings.map(({ layer, expert }) => `${layer}/${expert}`)).toEqual(['0/1']);
  const standing = standingFacts(payload, { plan, protection: { releaseId: sha('a'), needed: 'release', evidence: [] } });
  const decision = decideApply(submitted(standing, payload), person('operator'), standing);
  expect(reasons(decision)).toContain('protected-expert');
  const blocker = decision.allowed ? undefined : decision.blockers.find(({ reason }) => reason === 'protected-expert');
  expect(blocker?.detail).toContain('expert/0/1 is protected (carries refusals)');
  expect(blocker?.detail).toContain('/evaluations');
  const other = planChange(payload, { ...facts, guarded: [{ layer: 0, expert: 0, reason: 'another' }] });
  expect(other.planned && other.takings).toEqual([]);
});

it('is approved only on the evidence, and applied only with an approval that saw it', () => {
  const without = guarded();
  const open = submitted(without);
  expect(reasons(approve(open, without))).toEqual(['protected-expert']);
  const facts = guarded(REPLACE, [sha('e')]);
  expect(reasons(decideApply(open, person('operator'), facts))).toContain('approvals-missing');
  const approved = must(approve(open, facts));
  expect(reasons(decideApply(approved, person('operator'), facts))).toEqual([]);
  // Other evidence came to count, which the approver has not seen.
  const other = guarded(REPLACE, [sha('f')]);
  const more = must(addEvidence(approved, sampleEvidence('f', 'evaluation', sha('f')), person('author'), facts));
  expect(reasons(decideApply(more, person('operator'), other))).toContain('approvals-missing');
});

it('lets no policy pre-authorise it', () => {
  const recall: ChangePayload = { type: 'recall', model: 'toy', sha256: sha('3'), reason: 'bad' };
  const plan = planChange(recall, sampleFacts(undefined, { guarded: GUARDED, components: new Map([[sha('3'), { kind: 'expert', isRecalled: false }]]) }));
  const facts = standingFacts(recall, { plan, protection: { releaseId: sha('a'), needed: 'release', evidence: [sha('e')] } });
  const open = submitted(facts, recall);
  expect(open.change.class).toBe('standard');
  expect(reasons(decideApply(open, person('operator'), facts))).toEqual(['approvals-missing']);
});

it('lets a broken glass through, which owes a review', () => {
  const facts = guarded();
  expect(reasons(decideBreakGlass(submitted(facts), { reason: 'it gives NaN everywhere', hours: 1 }, person('operator'), facts))).toEqual([]);
});
