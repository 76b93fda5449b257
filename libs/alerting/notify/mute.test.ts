import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Labels } from '../alert/alert.ts';
import { matches, matchesAll } from '../alert/matcher.ts';
import { type InhibitionRule, muter, type Silence } from './mute.ts';

const ALERT = { rule: 'drift', release: 'a', layer: '3', severity: 'warning' };
const SILENCE: Silence = { id: 's', matchers: [{ label: 'layer', is: 'one-of', values: ['2', '3'] }], fromMs: 100, untilMs: 200 };
const RULE: InhibitionRule = { source: [{ label: 'rule', is: 'equal', value: 'no-data' }], target: [{ label: 'rule', is: 'not-equal', value: 'no-data' }], equal: ['release'] };

const decideMute = (labels: Labels, ...[firing, silences, inhibitions, nowMs]: Parameters<typeof muter>) => muter(firing, silences, inhibitions, nowMs)(labels);

describe('matchers', () => {
  it('take a missing label for empty text, and match nothing when there is none', () => {
    expect(matches({ label: 'x', is: 'equal', value: '' }, ALERT)).toBe(true);
    expect(matches({ label: 'x', is: 'not-equal', value: '' }, ALERT)).toBe(false);
    expect(matchesAll([], ALERT)).toBe(false);
  });

  it('are each the opposite of another', () => {
    fc.assert(
      fc.property(fc.constantFrom('rule', 'layer', 'none'), fc.constantFrom('', '3', 'drift'), (label, value) => {
        expect(matches({ label, is: 'equal', value }, ALERT)).toBe(!matches({ label, is: 'not-equal', value }, ALERT));
        expect(matches({ label, is: 'one-of', values: [value] }, ALERT)).toBe(!matches({ label, is: 'none-of', values: [value] }, ALERT));
      }),
    );
  });
});

describe('muter', () => {
  it('silences from the start to before the end', () => {
    const at = (nowMs: number) => decideMute(ALERT, [], [SILENCE], [], nowMs).muted;
    expect([at(99), at(100), at(199), at(200)]).toEqual([false, true, true, false]);
    expect(decideMute({ ...ALERT, layer: '4' }, [], [SILENCE], [], 150)).toEqual({ muted: false });
  });

  it('inhibits by a source that agrees in its labels, and never by itself', () => {
    const source = { rule: 'no-data', release: 'a' };
    expect(decideMute(ALERT, [source], [], [RULE], 0)).toEqual({ muted: true, reason: 'inhibited', by: source });
    expect(decideMute(ALERT, [{ ...source, release: 'b' }], [], [RULE], 0).muted).toBe(false);
    expect(decideMute(source, [source], [], [RULE], 0).muted).toBe(false);
  });
});
