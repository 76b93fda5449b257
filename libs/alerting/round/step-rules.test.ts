import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Reading } from '#libs/detection/reading/reading';
import { isFiring } from '../alert/alert.ts';
import { type AlertRule } from '../rule/rule.ts';
import { replayRule } from './replay-rule.ts';
import { alertKey, type RuleStep, stepRules, type TrackedAlert } from './step-rules.ts';

const RULE: AlertRule = {
  id: 'mix', name: 'Mix', signal: 'mix-shift', matchers: [], labels: { team: 'a' }, annotations: {}, actions: [], isEnabled: true,
  timing: { forMs: 10, keepFiringForMs: 20, noDataAfterMs: 100 },
  limits: [{ severity: 'warning', is: 'above', limit: 1, by: 'value' }, { severity: 'critical', is: 'above', limit: 2, by: 'value' }],
};
const reading = (atMs: number, value: number | null, layer = '0'): Reading => ({ signal: 'mix-shift', labels: { layer }, atMs, value, interval: null, alarm: null, evidence: null, detail: {} });

function follow(rules: readonly AlertRule[] = [RULE]) {
  let tracked: readonly TrackedAlert[] = [];
  return (nowMs: number, readings: readonly Reading[], now: readonly AlertRule[] = rules): RuleStep => {
    const work = stepRules(now, readings, JSON.parse(JSON.stringify(tracked)) as TrackedAlert[], nowMs);
    let step = work.next();
    while (step.done !== true) step = work.next();
    tracked = step.value.changes.map(({ after }) => after).filter(({ state }) => state !== 'normal');
    return step.value;
  };
}
const told = ({ changes }: RuleStep): string[] => changes.map(({ event, after }) => `${event.type === 'unchanged' ? 'still' : event.type} ${after.state} ${after.severity}`);

describe('stepRules', () => {
  it('keeps an alert for each label set that is not normal, with the highest severity of the episode', () => {
    const at = follow();
    expect(at(0, [reading(0, 0), reading(0, 1.5, '1')]).changes.map(({ after }) => [after.labels, after.state])).toEqual([[{ layer: '1', team: 'a' }, 'pending']]);
    expect(told(at(10, [reading(10, 3, '1')]))).toEqual(['fired alerting critical']);
    expect(told(at(15, [reading(15, 1.5, '1')]))).toEqual(['still alerting critical']);
    expect(told(at(20, [reading(20, 0, '1')]))).toEqual(['changed recovering critical']);
    expect(told(at(40, [reading(40, 0, '1')]))).toEqual(['resolved normal critical']);
    expect(told(at(50, [reading(50, 1.5, '1')]))).toEqual(['changed pending warning']);
  });

  it('resolves what lost its reading, and at once what lost its rule', () => {
    for (const [rules, expected] of [[[RULE], ['changed recovering warning']], [[{ ...RULE, isEnabled: false }], ['resolved normal warning']], [[], ['resolved normal warning']]] as const) {
      const at = follow();
      at(0, [reading(0, 1.5)]);
      expect(told(at(10, [reading(10, 1.5)]))).toEqual(['fired alerting warning']);
      expect(told(at(11, [], rules))).toEqual(expected);
    }
    const at = follow();
    at(0, [reading(0, 1.5)]);
    at(10, [reading(10, 1.5)]);
    expect(told(at(31, []))).toEqual(['resolved normal warning']);
  });

  it('fires when readings stop coming, and when a rule cannot be evaluated', () => {
    const at = follow();
    at(0, [reading(0, 0)]);
    expect(told(at(99, [reading(0, 0)]))).toEqual([]);
    expect(told(at(100, [reading(0, 0)]))).toEqual(['fired no-data warning']);
    expect(told(at(110, [reading(105, 0)]))).toEqual(['resolved normal warning']);
    const broken = at(120, [reading(120, Number.NaN), reading(120, 3, '1')]);
    expect(told(broken)).toEqual(['fired error warning', 'changed pending critical']);
    expect(broken.errors).toEqual([{ ruleId: 'mix', message: expect.stringContaining('not finite') }]);
  });

  it('goes on firing while there is too little data to say otherwise, until that lasts too long', () => {
    const at = follow();
    at(0, [reading(0, 1.5)]);
    at(10, [reading(10, 1.5)]);
    expect(told(at(50, [reading(50, null)]))).toEqual(['still alerting warning']);
    expect(told(at(110, [reading(110, null)]))).toEqual(['changed no-data warning']);
    expect(told(at(111, [reading(111, 0)]))).toEqual(['resolved normal warning']);
  });

  it('ends every episode that it begins, once the readings are gone', () => {
    const step = fc.record({ waitMs: fc.nat(150), value: fc.constantFrom(0, 1.5, 3, null, Number.NaN), layer: fc.constantFrom('0', '1'), isThere: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const at = follow();
        const open = new Set<string>();
        let nowMs = 0;
        const take = ({ changes }: RuleStep): void => {
          for (const { event, after } of changes) {
            const key = alertKey(after.ruleId, after.labels);
            if (event.type === 'fired') expect(open.has(key)).toBe(false);
            if (event.type === 'fired') open.add(key);
            if (event.type === 'resolved') expect(open.delete(key)).toBe(true);
            expect(isFiring(after.state)).toBe(open.has(key));
          }
        };
        for (const { waitMs, value, layer, isThere } of steps) {
          nowMs += waitMs;
          take(at(nowMs, isThere ? [reading(nowMs, value, layer)] : []));
        }
        take(at(nowMs + 20, []));
        expect(open.size).toBe(0);
      }),
    );
  });
});

describe('replayRule', () => {
  it('finds the episodes that a rule would have had, by the clock of the readings', () => {
    const readings = [reading(0, 0), reading(10, 1.5), reading(25, 3), reading(30, 0), reading(60, 0), reading(300, 0), reading(310, 5), reading(330, 5)];
    expect(replayRule(RULE, readings, 340)).toEqual([
      { labels: { layer: '0', team: 'a' }, startedAtMs: 25, endedAtMs: 45, beganAs: 'alerting', severity: 'critical', peakValue: 3 },
      { labels: { layer: '0', team: 'a' }, startedAtMs: 160, endedAtMs: 300, beganAs: 'no-data', severity: null, peakValue: null },
      { labels: { layer: '0', team: 'a' }, startedAtMs: 330, endedAtMs: null, beganAs: 'alerting', severity: 'critical', peakValue: 5 },
    ]);
    expect(replayRule({ ...RULE, isEnabled: false, matchers: [{ label: 'layer', is: 'equal', value: '7' }] }, readings, 340)).toEqual([]);
  });
});
