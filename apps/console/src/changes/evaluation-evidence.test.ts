import { describe, expect, it } from 'vitest';
import { attachedEvaluation, standingOf } from './evaluation-evidence.ts';

const ID = '0197280f-6000-7000-8000-000000000001';
const SHA = '5f'.repeat(32);
const EVIDENCE = { format: 'signalbox.evidence/1', evaluationId: ID, kind: 'suite', outcome: 'fail', summary: 'German got worse.', candidate: SHA, reference: null, suite: SHA, resultSha256: SHA, attribution: { evaluationId: ID, state: 'succeeded', summary: 'The router.' }, report: '# Report', result: {} };
const attached = attachedEvaluation(JSON.stringify(EVIDENCE), 'application/json')!;

describe('evidence that is an evaluation', () => {
  it('is known by its format', () => {
    expect(attached).toMatchObject({ evaluationId: ID, outcome: 'fail', summary: 'German got worse.', attribution: { summary: 'The router.' } });
  });

  it.each([
    ['{"refusals": 0.99}', 'application/json'], ['{', 'application/json'], ['[]', 'application/json'], ['null', 'application/json'],
    [JSON.stringify(EVIDENCE), 'text/plain'], [JSON.stringify({ ...EVIDENCE, evaluationId: '../session' }), 'application/json'],
  ])('is not found in other evidence: %s as %s', (content, mediaType) => {
    expect(attachedEvaluation(content, mediaType)).toBeNull();
  });

  it('is believed where the server has the run with the same result', () => {
    const run = { resultSha256: SHA, candidate: SHA, verdict: { outcome: 'fail' } };
    expect(standingOf(attached, run)).toBe('confirmed');
    expect(standingOf(attached, { ...run, verdict: { outcome: 'pass' } })).toBe('differs');
    expect(standingOf(attached, { ...run, resultSha256: '6e'.repeat(32) })).toBe('differs');
    expect(standingOf(attached, { ...run, resultSha256: null })).toBe('differs');
    expect(standingOf(attached, null)).toBe('unknown');
  });
});
