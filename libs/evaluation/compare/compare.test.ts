import { describe, expect, it } from 'vitest';
import { compareMetric, type MetricSamples, type Sample } from './compare-metric.ts';
import { compareSettings } from './compare-settings.ts';
import { judgeBound } from './judge-bound.ts';
import { judgeGates } from './judge-gates.ts';

const SETTINGS = compareSettings({ resamples: 500 });
const BITS = { name: 'bitsPerByte', unit: 'bits/byte', better: 'lower' } as const;
const sample = (numerator: number, at: number, denominator = 100): Sample => ({ line: at + 1, labels: { domain: at % 2 === 0 ? 'german' : 'python' }, numerator, denominator });
const bits = (shift: number, items = 20): Sample[] => Array.from({ length: items }, (_, at) => sample(140 + 10 * Math.sin(at) + shift * (1 + 0.2 * Math.cos(at)), at));
const samples = (candidate: Sample[], reference: Sample[] | null, fields: Partial<MetricSamples> = {}): MetricSamples => ({ metric: BITS, isYesNo: false, candidate, reference, ...fields });

describe('a comparison', () => {
  it('is of all items and of those of each label', () => {
    const results = compareMetric(samples(bits(5), bits(0)), SETTINGS);
    expect(results.map(({ slice, candidate }) => [slice, candidate.n])).toEqual([[null, 20], [{ domain: 'german' }, 10], [{ domain: 'python' }, 10]]);
    const [{ candidate, reference, difference }] = results as [(typeof results)[number]];
    expect(difference!.value).toBeCloseTo(candidate.value - reference!.value, 12);
    expect(difference!.low!).toBeGreaterThan(0.03);
    expect(difference!.high!).toBeLessThan(0.07);
    expect(difference!.p!).toBeLessThan(0.001);
    // Pairing takes away what the items have in common.
    expect(difference!.high! - difference!.low!).toBeLessThan((candidate.high! - candidate.low!) / 3);
  });

  it('of equal measurements has a difference of exactly 0', () => {
    const [result] = compareMetric(samples(bits(3), bits(3)), SETTINGS);
    expect(result!.difference).toEqual({ value: 0, low: 0, high: 0, p: 1, pAdjusted: null });
  });

  it('of few items gives figures without intervals', () => {
    const [result] = compareMetric(samples(bits(3, 5), bits(0, 5)), SETTINGS);
    expect(result).toMatchObject({ candidate: { low: null, high: null, n: 5 }, difference: { low: null, p: null } });
  });

  it('of yes and no has an interval also where both agree everywhere, unless they are the same release', () => {
    const yes = Array.from({ length: 20 }, (_, at) => sample(at < 15 ? 1 : 0, at, 1));
    const [same] = compareMetric(samples(yes, yes, { isYesNo: true, isSame: true }), SETTINGS);
    expect(same!.difference).toEqual({ value: 0, low: 0, high: 0, p: 1, pAdjusted: null });
    const [alike] = compareMetric(samples(yes, yes, { isYesNo: true }), SETTINGS);
    expect(alike!.difference!.low).toBeCloseTo(-0.161, 3);
    expect(alike!.candidate).toMatchObject({ value: 0.75, n: 20 });
  });
});

describe('a gate', () => {
  const [all, german] = compareMetric(samples(bits(5), bits(0)), SETTINGS) as [ReturnType<typeof compareMetric>[number], ReturnType<typeof compareMetric>[number]];
  const judge = (gate: Parameters<typeof judgeGates>[0][number]) => judgeGates([gate], [all, german]);

  it.each([
    [{ atMost: 2 }, 'pass', 'bound-kept'],
    [{ atMost: 1 }, 'fail', 'bound-broken'],
    [{ atMost: 1.45 }, 'inconclusive', 'interval-holds-bound'],
    [{ atLeast: 1 }, 'pass', 'bound-kept'],
    [{ versus: 'reference', atMost: 0.1 }, 'pass', 'bound-kept'],
    [{ versus: 'reference', atMost: 0 }, 'fail', 'bound-broken'],
    [{ versus: 'reference', atMost: 0.05 }, 'inconclusive', 'interval-holds-bound'],
    [{ slice: { domain: 'french' }, atMost: 2 }, 'inconclusive', 'no-such-items'],
  ] as const)('%j is decided: %s, %s', (bound, outcome, reason) => {
    expect(judge({ metric: 'bitsPerByte', ...bound })).toMatchObject([{ outcome, reason }]);
  });

  it('for every value of a label, or with two bounds, gives several', () => {
    expect(judge({ metric: 'bitsPerByte', slice: { domain: '*' }, atMost: 2, atLeast: 1 }).map(({ slice, side }) => [slice, side])).toEqual([[{ domain: 'german' }, 'atMost'], [{ domain: 'german' }, 'atLeast']]);
  });

  it('against a reference that the run has not cannot be decided', () => {
    const [alone] = compareMetric(samples(bits(5), null), SETTINGS);
    expect(judgeGates([{ metric: 'bitsPerByte', versus: 'reference', atMost: 0.1 }], [alone!])).toMatchObject([{ outcome: 'inconclusive', reason: 'no-reference', value: null }]);
  });

  it('takes a bound itself as kept', () => {
    expect(judgeBound({ value: 0, low: 0, high: 0 }, { side: 'atMost', bound: 0 }, 'interval').outcome).toBe('pass');
    expect(judgeBound({ value: 0, low: null, high: null }, { side: 'atMost', bound: 0 }, 'interval')).toEqual({ outcome: 'inconclusive', reason: 'too-few-items' });
  });
});

it('settings are written out, and refused by name', () => {
  expect(compareSettings({})).toEqual({ seed: 1, resamples: 2000, adjust: 'benjamini-hochberg' });
  expect(() => compareSettings({ resamples: 5 })).toThrow(/settings\.resamples must be a whole number from 200/);
  expect(() => compareSettings({ sed: 1 })).toThrow(/settings\.sed is not known here/);
});
