import { describe, expect, it } from 'vitest';
import { sampleManifest, sha } from '../change/testing/sample-case.ts';
import { decideProtection, type EvidenceRun, REVIEW_WITHIN_MS } from './decide-protection.ts';
import { decideUnprotect } from './decide-unprotect.ts';
import { takenByRecall, takenByRelease, takenByRules } from './takings.ts';

const GUARDED = [{ layer: 0, expert: 1, reason: 'carries refusals' }];
const before = sampleManifest();
const routed = (routing: object) => ({ ...before, routing: { ...before.routing, ...routing } });

describe('what takes a protected expert away', () => {
  it.each([
    ['nothing', before, []],
    ['another version in its place', sampleManifest(undefined, [sha('2'), sha('4')]), ['replace']],
    ['another version in another place', sampleManifest(undefined, [sha('4'), sha('3')]), []],
    ['a release without it', sampleManifest(undefined, [sha('2')]), ['replace']],
    ['a quota', routed({ quotas: [{ layer: 0, expert: 1, tokensPerSecond: 5 }] }), ['quota']],
    ['a quota of one tenant', routed({ quotas: [{ layer: 0, expert: 1, tokensPerBatch: 5, tenant: 'a' }] }), ['quota']],
    ['a quota of another expert', routed({ quotas: [{ layer: 0, expert: 0, tokensPerSecond: 5 }] }), []],
    ['a limit', routed({ capacity: { factor: 9, policy: 'pad', scope: 'request', limits: [{ layer: 0, expert: 1, tokens: 2 }] } }), ['quota']],
    ['a capacity that drops', routed({ capacity: { factor: 1, policy: 'drop', scope: 'request' } }), ['quota']],
    ['a capacity that pads', routed({ capacity: { factor: 1, policy: 'pad', scope: 'request' } }), []],
  ] as const)('%s', (_, after, acts) => {
    expect(takenByRelease(before, after, GUARDED).map(({ act }) => act)).toEqual(acts);
  });

  it('lets bounds stay or be raised, and not be lowered', () => {
    const at = (tokensPerSecond: number) => routed({ quotas: [{ layer: 0, expert: 1, tokensPerSecond }] });
    expect(takenByRelease(at(5), at(5), GUARDED)).toEqual([]);
    expect(takenByRelease(at(5), at(6), GUARDED)).toEqual([]);
    expect(takenByRelease(at(5), at(4), GUARDED)).toMatchObject([{ act: 'quota', by: 'a quota of 4 tokens a second' }]);
  });

  it('rules that are new or altered, by place or by version', () => {
    const deny = { id: 'a', expert: 'expert/0/1', effect: 'deny' as const, tenants: ['x'] };
    const byVersion = { id: 'b', expert: `sha256:${sha('3')}`, effect: 'deny' as const };
    const taken = (was: readonly object[], is: readonly object[]) => takenByRules(was as never, is as never, before.components, GUARDED).map(({ by }) => by);
    expect(taken([], [deny])).toEqual(['data rule a']);
    expect(taken([], [byVersion])).toEqual(['data rule b']);
    expect(taken([deny], [{ ...deny, id: 'other', note: 'renamed' }])).toEqual([]);
    expect(taken([deny], [{ ...deny, tenants: ['x', 'y'] }])).toEqual(['data rule a']);
    expect(taken([deny], [])).toEqual([]);
    expect(taken([], [{ ...deny, expert: 'expert/0/0' }])).toEqual([]);
  });

  it('the recall of the version that serves there', () => {
    expect(takenByRecall(sha('3'), before.components, GUARDED)).toMatchObject([{ layer: 0, expert: 1, act: 'recall' }]);
    expect(takenByRecall(sha('2'), before.components, GUARDED)).toEqual([]);
  });
});

const TAKINGS = takenByRecall(sha('3'), before.components, GUARDED);
const RUN: EvidenceRun = { id: 'run', kind: 'suite', candidate: sha('a'), resultDigest: sha('b'), outcome: 'pass', isOfSafety: true, leftOut: [] };
const NEEDED = { kind: 'release', releaseId: sha('a') } as const;
const FACTS = { nowMs: 1000, needed: NEEDED, run: RUN, permissions: ['operate', 'approve'] } as const;
const WISH = { reason: 'the suite passes without it', evaluationId: 'run', emergency: false };

describe('decideProtection', () => {
  it('lets through what takes no protected expert away', () => {
    expect(decideProtection([], null, FACTS)).toEqual({ decision: 'allow', reason: 'not-protected' });
  });

  it('names the expert, why it is protected and the remedy', () => {
    const refused = decideProtection(TAKINGS, null, FACTS);
    expect(refused).toMatchObject({ decision: 'refuse', reason: 'protected-expert', field: 'override' });
    expect(refused.decision === 'refuse' && refused.detail).toContain('expert/0/1 is protected (carries refusals)');
    expect(refused.decision === 'refuse' && refused.detail).toContain('concentration run');
  });

  it('lets it through on evidence, by who may', () => {
    expect(decideProtection(TAKINGS, WISH, FACTS)).toEqual({ decision: 'allow', reason: 'evidence', run: RUN });
    expect(decideProtection(TAKINGS, WISH, { ...FACTS, permissions: ['operate'] })).toMatchObject({ reason: 'override-not-permitted' });
  });

  it('lets an emergency through without evidence, and a review is owed', () => {
    const wish = { ...WISH, evaluationId: null, emergency: true };
    expect(decideProtection(TAKINGS, wish, { ...FACTS, run: null, permissions: ['operate'] })).toEqual({ decision: 'allow', reason: 'emergency', reviewDueMs: 1000 + REVIEW_WITHIN_MS });
    expect(decideProtection(TAKINGS, { ...wish, reason: 'NaN' }, FACTS)).toMatchObject({ reason: 'reason-missing', field: 'override.reason' });
  });

  it.each([
    ['an unknown run', null, NEEDED, 'unknown-evaluation'],
    ['a run of another release', { ...RUN, candidate: sha('f') }, NEEDED, 'evidence-unfit'],
    ['a run that failed its gates', { ...RUN, outcome: 'fail' }, NEEDED, 'evidence-unfit'],
    ['a suite without safety tasks', { ...RUN, isOfSafety: false }, NEEDED, 'evidence-unfit'],
    ['a suite where the expert must be left out', RUN, { ...NEEDED, kind: 'left-out' }, 'evidence-unfit'],
    ['a concentration run that did not leave it out', { ...RUN, kind: 'concentration', leftOut: ['0/0'] }, { ...NEEDED, kind: 'left-out' }, 'evidence-unfit'],
  ] as const)('takes %s for no evidence', (_, run, needed, reason) => {
    expect(decideProtection(TAKINGS, WISH, { ...FACTS, run, needed })).toMatchObject({ decision: 'refuse', reason, field: 'override.evaluationId' });
  });

  it('takes a concentration run that left it out', () => {
    expect(decideProtection(TAKINGS, WISH, { ...FACTS, run: { ...RUN, kind: 'concentration', leftOut: ['0/1'] }, needed: { ...NEEDED, kind: 'left-out' } })).toMatchObject({ decision: 'allow', reason: 'evidence' });
  });
});

describe('decideUnprotect', () => {
  const run = { ...RUN, kind: 'concentration', leftOut: ['0/1'], proposed: [] as string[] };
  const facts = { layer: 0, expert: 1, servingRelease: sha('a'), run, evaluationId: 'run', permissions: ['approve'] } as const;
  it('wants evidence, or an administrator', () => {
    expect(decideUnprotect(facts)).toEqual({ decision: 'unprotect', reason: 'no-carrier' });
    expect(decideUnprotect({ ...facts, run: null, evaluationId: null })).toMatchObject({ decision: 'refuse', reason: 'evidence-missing' });
    expect(decideUnprotect({ ...facts, run: null, evaluationId: null, permissions: ['approve', 'administer'] })).toEqual({ decision: 'unprotect', reason: 'by-administrator' });
  });
  it.each([
    [null, 'unknown-evaluation'],
    [{ ...run, proposed: ['0/1'] }, 'evidence-unfit'],
    [{ ...run, leftOut: [] }, 'evidence-unfit'],
    [{ ...run, kind: 'suite' }, 'evidence-unfit'],
    [{ ...run, candidate: sha('9') }, 'evidence-unfit'],
  ] as const)('does not take %j', (other, reason) => {
    expect(decideUnprotect({ ...facts, run: other })).toMatchObject({ decision: 'refuse', reason });
  });
});
