import { describe, expect, it } from 'vitest';
import { type Reading } from '#libs/detection/reading/reading';
import { explainFinding, type FindingInput } from './explain-finding.ts';

const HOUR = 3_600_000;
const NOW = 1_795_219_200_000;
const RELEASE = 'ab'.repeat(32);
const BEFORE = 'cd'.repeat(32);
const READING: Reading = {
  signal: 'router-shift', labels: { model: 'toy', release: RELEASE, layer: '3', task: 'code' }, atMs: NOW, value: 0.0234, interval: { low: 0.01, high: 0.05 }, alarm: true, evidence: 1e6,
  detail: {
    experts: [{ expert: 1, share: 0.1, baselineShare: 0.2, eValue: 3 }, { expert: 5, share: 0.4, baselineShare: 0.1, eValue: 900 }],
    baselineId: 'b', requests: 77, sinceMs: NOW - 1000, exampleRequestIds: ['r1', 'r2'],
  },
};
const SERVING = { stable: RELEASE, previous: BEFORE, canary: null, stableSinceMs: NOW - 5000, baselineAtMs: NOW - 10_000 };
const INPUT: FindingInput = {
  rule: { name: 'Router changed', signal: 'router-shift' }, state: 'alerting', message: null, severity: 'critical', reading: READING, startedAtMs: NOW, serving: SERVING,
  changes: [{ kind: 'activation', atMs: NOW - 5000, what: 'activate', by: 'ada', release: RELEASE }, { kind: 'data-rules', atMs: NOW - 2 * HOUR, what: 'data rules, generation 2', by: 'ada', release: null }],
};

describe('explainFinding', () => {
  it('says what, where, how much, since when, what changed before, and the way back', () => {
    const finding = explainFinding(INPUT);
    expect(finding).toMatchObject({
      signal: 'router-shift', model: 'toy', release: RELEASE, releaseShort: 'abababababab', layer: 3, segment: { task: 'code' }, sinceMs: NOW - 1000, requests: 77, baselineId: 'b', exampleRequestIds: ['r1', 'r2'],
      effect: { value: 0.0234, unit: 'bits', low: 0.01, high: 0.05 },
      experts: [{ expert: 5 }, { expert: 1 }],
      changes: [{ what: 'activate', by: 'ada' }],
      wayBack: { kind: 'rollback', method: 'POST', path: '/api/v1/models/toy/rollback', body: {}, command: 'signalbox rollback --model toy', to: BEFORE }, wayBackReason: 'became-active-after-baseline',
    });
    expect(finding.summary).toBe(
      'The router changed: the same traffic is routed otherwise than in the baseline (model toy, release abababababab, layer 3, task code). Value 0.0234 bits (95 % interval 0.01 to 0.05). ' +
        'Experts: 5 from 10.0 % to 40.0 %, 1 from 20.0 % to 10.0 %. Since about 2026-11-20T23:59:59.000Z; critical. Shortly before: activate by ada at 2026-11-20T23:59:55.000Z. To go back to cdcdcdcdcdcd: signalbox rollback --model toy.',
    );
  });

  it.each([
    ['mix-shift', SERVING, 'traffic-changed'],
    ['router-shift', null, 'not-serving'],
    ['router-shift', { ...SERVING, stable: BEFORE }, 'not-serving'],
    ['router-shift', { ...SERVING, previous: null }, 'nothing-before'],
    ['router-shift', { ...SERVING, stableSinceMs: null }, 'never-activated'],
    ['router-shift', { ...SERVING, baselineAtMs: NOW }, 'served-at-baseline'],
  ] as const)('offers no way back of %s where %j', (signal, serving, reason) => {
    expect(explainFinding({ ...INPUT, reading: { ...READING, signal }, serving })).toMatchObject({ wayBack: null, wayBackReason: reason });
  });

  it('does not say that the traffic changed where a model is silent', () => {
    expect(explainFinding({ ...INPUT, reading: { ...READING, signal: 'no-data', labels: { model: 'toy' } } })).toMatchObject({ wayBack: null, wayBackReason: 'no-release' });
  });

  it('says of a review that is overdue what its reading says, and nothing of what was activated meanwhile', () => {
    const reading: Reading = { ...READING, signal: 'review-overdue', labels: { model: 'toy', kind: 'change', subject: 'change/1' }, value: 2.5, interval: null, alarm: null, evidence: null, detail: { sinceMs: NOW - 2.5 * HOUR, note: 'Ask ada.' } };
    const finding = explainFinding({ ...INPUT, reading, severity: 'warning' });
    expect(finding).toMatchObject({ changes: [], wayBack: null, wayBackReason: 'no-release', release: null, layer: null });
    expect(finding.summary).toBe('A review that is owed was not given in time (model toy). Value 2.5 h past due. Since about 2026-11-20T21:30:00.000Z; warning. Ask ada.');
  });

  it('offers to abort a canary', () => {
    expect(explainFinding({ ...INPUT, serving: { ...SERVING, stable: BEFORE, canary: RELEASE } })).toMatchObject({ wayBack: { kind: 'abort-canary', path: '/api/v1/models/toy/abort', to: BEFORE }, wayBackReason: 'is-canary' });
  });

  it('says that nothing is known where there is no data or an error', () => {
    expect(explainFinding({ ...INPUT, state: 'no-data' }).summary).toContain('nothing to go by');
    expect(explainFinding({ ...INPUT, state: 'error', message: 'the value is odd' }).summary).toContain('the value is odd');
  });
});
