import { describe, expect, it } from 'vitest';
import { comparisonInWords, directionOf } from './direction.ts';
import { judgeInWords } from './judge-in-words.ts';
import { aroundToken, boundInWords, gateInWords, sliceInWords, tasksOf } from './suite-result.ts';

const difference = (value: number, low: number | null, high: number | null, pAdjusted: number | null = null) => ({ value, low, high, p: null, pAdjusted });

describe('which way a metric went', () => {
  it.each([
    ['lower', 0.1, 'worse'], ['lower', -0.1, 'better'], ['higher', 0.1, 'better'], ['higher', -0.1, 'worse'], [null, 0.1, 'changed'],
  ] as const)('where %s is better, a difference of %d is %s', (better, value, expected) => {
    expect(directionOf({ better, difference: difference(value, value - 0.01, value + 0.01) })).toBe(expected);
  });

  it('goes by the adjusted p-value before the interval', () => {
    expect(directionOf({ better: 'lower', difference: difference(0.1, 0.01, 0.2, 0.2) })).toBe('same');
    expect(directionOf({ better: 'lower', difference: difference(0.1, -0.01, 0.2, 0.01) })).toBe('worse');
  });

  it('says nothing without an interval, a p-value or a difference', () => {
    expect(directionOf({ better: 'lower', difference: difference(0.1, null, null) })).toBe('same');
    expect(directionOf({ better: 'lower', difference: null })).toBeNull();
  });
});

const TASK = {
  id: 'held-out',
  kind: 'likelihood',
  metrics: [
    { name: 'bitsPerByte', unit: 'bit/byte', slice: null, better: 'lower', candidate: { value: 2.1, low: 2, high: 2.2, n: 40 }, reference: { value: 2, low: 1.9, high: 2.1, n: 40 }, difference: { value: 0.1, low: 0.05, high: 0.15, p: 0.001, pAdjusted: 0.004 } },
    { name: 'bitsPerByte', unit: 'bit/byte', slice: { domain: 'german' }, better: 'lower', candidate: { value: 2.1 }, reference: null, difference: null },
  ],
  gates: [{ metric: 'bitsPerByte', slice: null, side: 'atMost', bound: 0.02, versus: 'reference', value: 0.1, outcome: 'fail', detail: 'too much' }],
  failures: [{ item: 3, detail: 'left its experts', tokens: [{ row: 4, token: ' word', context: 'not a[ word] of it', layer: 2, expert: 5, gate: 0.4, expected: 'one of 0, 1' }] }],
};

describe('a result of a suite', () => {
  it('is read as it is written', () => {
    const [task] = tasksOf({ tasks: [TASK] });
    expect(task!.metrics.map(({ slice, difference: found }) => [slice, found?.value ?? null])).toEqual([[null, 0.1], ['domain german', null]]);
    expect(task!.judging).toBeNull();
    expect(task!.gates[0]).toMatchObject({ bound: 'at most 0.02, against the reference', outcome: 'fail' });
    expect(task!.failures[0]).toMatchObject({ item: '3', tokens: [{ before: 'not a', token: ' word', after: ' of it', layer: 2, expert: 5, expected: 'one of 0, 1' }] });
    expect(comparisonInWords(task!.metrics)).toBe('Of 1 comparison: 1 worse.');
  });

  it('says how far a judge can be believed, and takes another version\'s for what it is', () => {
    const judging = { judge: 'large', pairs: 10, unreadable: 1, tied: 2, consistency: { value: 0.4, low: 0.2, high: 0.7, n: 7 }, firstBoth: 3, secondBoth: 1, standing: 'not-shown' };
    const [known, strange] = tasksOf({ tasks: [{ id: 'answers', judging }, { id: 'odd', judging: { standing: 7, consistency: 'much', pairs: null } }] });
    expect(known!.judging).toEqual({ task: 'answers', judge: 'large', standing: 'not-shown', consistency: { value: 0.4, low: 0.2, high: 0.7, n: 7 }, pairs: 10, turned: 4, tied: 2, unreadable: 1 });
    expect(strange!.judging).toMatchObject({ judge: null, standing: 'unknown', consistency: null, pairs: 0, turned: 0 });
    expect([judgeInWords(known!.judging!), judgeInWords(strange!.judging!)]).toEqual(['It is not shown that large can tell which answer is better: do not decide by it alone.', 'The result does not say whether the judge can tell which answer is better.']);
  });

  it.each([null, 'text', {}, { tasks: 'none' }, { tasks: [null, 3, { metrics: [null, 'x', { candidate: 'much', difference: [] }], gates: [7], failures: ['?', { tokens: [null, 4] }] }] }])('that is no such thing breaks nothing: %j', (result) => {
    expect(() => tasksOf(result)).not.toThrow();
  });

  it('names slices and bounds whatever they are', () => {
    expect([sliceInWords({ domain: 'law', language: 'de' }), sliceInWords('law'), sliceInWords(null), sliceInWords({})]).toEqual(['domain law, language de', 'law', null, null]);
    expect([boundInWords({ side: 'atLeast', bound: 0 }), boundInWords({ side: 'within', bound: 1 }), boundInWords({})]).toEqual(['at least 0', 'within 1', '']);
    expect(gateInWords({ metric: 'bitsPerByte', versus: 'reference', atMost: 0.02 })).toBe('bits per byte at most 0.02, against the reference');
    expect(aroundToken('b', 'a [x] [b]c')).toEqual({ before: 'a [x] ', after: 'c' });
    expect(aroundToken('b', 'nothing of it')).toEqual({ before: '', after: '' });
  });
});
