import { describe, expect, it } from 'vitest';
import { type Reading } from '#libs/detection/reading/reading';
import { evaluateRule } from './evaluate-rule.ts';
import { type AlertRule } from './rule.ts';

const RULE: AlertRule = {
  id: 'r', name: 'R', signal: 'mix-shift', matchers: [], timing: { forMs: 0, keepFiringForMs: 0, noDataAfterMs: 1000 }, labels: {}, annotations: {}, actions: [], isEnabled: true,
  limits: [{ severity: 'warning', is: 'above', limit: 0.002, by: 'value' }, { severity: 'critical', is: 'above', limit: 0.01, by: 'interval' }],
};
const reading = (over: Partial<Reading>): Reading => ({ signal: 'mix-shift', labels: { model: 'toy', layer: '3' }, atMs: 0, value: 0, interval: null, alarm: true, evidence: null, detail: {}, ...over });

describe('evaluateRule', () => {
  it('takes the highest severity whose limit is crossed, by the value or by all of the interval', () => {
    expect(evaluateRule(RULE, reading({ value: 0.001 }))).toEqual({ verdict: 'clear', reason: 'within-limits' });
    expect(evaluateRule(RULE, reading({ value: 0.02, interval: { low: 0.009, high: 0.03 } }))).toMatchObject({ verdict: 'breached', severity: 'warning' });
    expect(evaluateRule(RULE, reading({ value: 0.02, interval: { low: 0.011, high: 0.03 } }))).toMatchObject({ severity: 'critical', limit: { limit: 0.01 } });
    const below: AlertRule = { ...RULE, limits: [{ severity: 'info', is: 'below', limit: 1, by: 'interval' }] };
    expect(evaluateRule(below, reading({ value: 0.5, interval: { low: 0, high: 1.1 } })).verdict).toBe('clear');
    expect(evaluateRule(below, reading({ value: 0.5, interval: { low: 0, high: 0.9 } })).verdict).toBe('breached');
    expect(evaluateRule(below, reading({ value: 0.5 })).verdict).toBe('breached');
  });

  it('asks the test of the signal too, where it has one', () => {
    expect(evaluateRule(RULE, reading({ value: 1, alarm: false }))).toEqual({ verdict: 'clear', reason: 'test-quiet' });
    expect(evaluateRule(RULE, reading({ value: 1, alarm: null })).verdict).toBe('breached');
    expect(evaluateRule(RULE, reading({ value: null, alarm: true }))).toEqual({ verdict: 'unknown', reason: 'too-little-data' });
  });

  it('is about its signal and what it matches', () => {
    expect(evaluateRule({ ...RULE, isEnabled: false }, reading({}))).toEqual({ verdict: 'not-concerned', reason: 'disabled' });
    expect(evaluateRule(RULE, reading({ signal: 'quality' }))).toEqual({ verdict: 'not-concerned', reason: 'other-signal' });
    expect(evaluateRule({ ...RULE, matchers: [{ label: 'layer', is: 'equal', value: '4' }] }, reading({}))).toEqual({ verdict: 'not-concerned', reason: 'not-matched' });
  });

  it('refuses numbers that are none', () => {
    expect(() => evaluateRule(RULE, reading({ value: Number.NaN }))).toThrow('mix-shift');
    expect(() => evaluateRule(RULE, reading({ value: 1, interval: { low: 0, high: Number.POSITIVE_INFINITY } }))).toThrow(RangeError);
  });
});
