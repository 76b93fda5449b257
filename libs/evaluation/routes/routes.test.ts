import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { type Json } from '../run/run.ts';
import { parseAssertion, type RouteAssertion } from './assertion.ts';
import { clusteredShare } from './clustered-share.ts';
import { judgeAssertion } from './judge-assertion.ts';
import { movedBits } from './moved.ts';
import { observe } from './observe.ts';
import { type SeenItem } from './seen-item.ts';
import { type RoutedItem, routingGapBits } from './usage.ts';

const EXPERTS = 4;
const assertion = (fields: { readonly [name: string]: Json }): RouteAssertion => parseAssertion({ name: 'rule', ...fields }, 'assertion');

/** One layer, top-2: [row][the two experts]; row 0 is that of `<s>`. */
function item(rows: readonly (readonly [number, number])[], flags: Uint8Array | null = null): RoutedItem {
  const all = [[0, 1] as const, ...rows];
  return { routes: { expertIds: Uint16Array.from(all.flat()), gates: Float32Array.from(all.flatMap(() => [0.75, 0.25])), flags }, layers: 1, experts: EXPERTS, topK: 2, firstRow: 1, rows: all.length };
}

function see(rule: RouteAssertion, items: readonly RoutedItem[]): SeenItem[] {
  return items.map((one, at) => ({ line: at + 1, seen: observe(rule, one), words: Array.from({ length: one.rows }, (_, row) => ({ row, token: `t${row}`, context: `before[t${row}]after` })) }));
}

const away = item([[2, 3], [2, 3]]);
const half = item([[0, 1], [2, 3]]);

describe('assertions about routes', () => {
  it('`inside` wants the share of a layer that goes to some experts, and shows the strongest tokens that went elsewhere', () => {
    const rule = assertion({ type: 'inside', layer: 0, experts: [0, 1], atLeast: 0.9, judged: 'items' });
    const { gates, metrics, failures } = judgeAssertion(rule, see(rule, [item([[0, 1], [1, 0]]), half, away]), null);
    expect(metrics[0]).toMatchObject({ name: 'rule', unit: 'share', slice: { layer: '0' }, candidate: { value: 0.5, n: 3 } });
    expect(gates).toMatchObject([{ outcome: 'fail', reason: 'bound-broken', side: 'atLeast', bound: 0.9, value: 0.5 }]);
    expect(failures.map(({ item: line }) => line)).toEqual([3, 2]);
    expect(failures[1]).toEqual({
      item: 2,
      detail: 'rule: 50% of the selections of layer 0 go to experts 0, 1; wanted at least 90%.',
      tokens: [
        { row: 2, token: 't2', context: 'before[t2]after', layer: 0, expert: 2, gate: 0.75, expected: 'experts 0, 1' },
        { row: 2, token: 't2', context: 'before[t2]after', layer: 0, expert: 3, gate: 0.25, expected: 'experts 0, 1' },
      ],
    });
  });

  it('`avoid` is broken by one token, unless items stand for others', () => {
    const items = [...Array.from({ length: 9 }, () => item([[0, 1], [0, 1]])), half];
    const strict = assertion({ type: 'avoid', layer: 0, experts: [2] });
    expect(judgeAssertion(strict, see(strict, items), null).gates[0]!.outcome).toBe('fail');
    const loose = assertion({ type: 'avoid', layer: 0, experts: [2], atMost: 0.05, judged: 'interval' });
    expect(judgeAssertion(loose, see(loose, items), null).gates[0]).toMatchObject({ outcome: 'inconclusive', reason: 'interval-holds-bound' });
    const never = assertion({ type: 'avoid', layer: 0, experts: [2], judged: 'items' });
    expect(judgeAssertion(never, see(never, items.slice(0, 9)), null)).toMatchObject({ gates: [{ outcome: 'pass' }], failures: [] });
  });

  it('`no-generalist` counts decisions with the flag', () => {
    const rule = assertion({ type: 'no-generalist' });
    const flags = Uint8Array.of(DECISION_FLAGS.generalist, 0, DECISION_FLAGS.generalist | DECISION_FLAGS.fallback);
    const { gates, failures } = judgeAssertion(rule, see(rule, [item([[0, 1], [2, 3]], flags)]), null);
    expect(gates[0]).toMatchObject({ outcome: 'fail', value: 0.5 });
    expect(failures[0]!.tokens).toMatchObject([{ row: 2, expected: 'not generalist' }]);
  });

  it('`usage-within` looks at every expert, the worst first', () => {
    const rule = assertion({ type: 'usage-within', layer: 0, atLeast: 0.1, atMost: 0.4, judged: 'items' });
    const { gates, failures } = judgeAssertion(rule, see(rule, [away, half]), null);
    expect(gates.filter(({ outcome }) => outcome === 'pass')).toHaveLength(8);
    const lone = judgeAssertion(rule, see(rule, [away]), null);
    expect(lone.gates.filter(({ outcome }) => outcome === 'fail').map(({ slice, side }) => [slice!['expert'], side]).toSorted()).toEqual([['0', 'atLeast'], ['1', 'atLeast'], ['2', 'atMost'], ['3', 'atMost']]);
    expect(failures).toEqual([]);
    const oneSided = assertion({ type: 'usage-within', layer: 0, atMost: 0.4 });
    expect(new Set(judgeAssertion(oneSided, see(oneSided, [away, half]), null).gates.map(({ side }) => side))).toEqual(new Set(['atMost']));
    expect(lone.failures[0]!.detail).toMatch(/expert \d takes (0|50)% of the selections of layer 0; wanted 10% to 40%/);
  });

  it('`moved-at-most` needs a reference, is 0 for equal routes, and sees an exchange that leaves the usage of all as it was', () => {
    const rule = assertion({ type: 'moved-at-most', atMostBits: 0.01 });
    const [left, right] = [item([[0, 1], [0, 1]]), item([[2, 3], [2, 3]])];
    expect(judgeAssertion(rule, see(rule, [left, right]), null).gates).toMatchObject([{ outcome: 'inconclusive', reason: 'no-reference' }]);
    expect(judgeAssertion(rule, see(rule, [left, right]), see(rule, [left, right])).gates).toMatchObject([{ outcome: 'pass', value: 0 }]);
    const exchanged = judgeAssertion(rule, see(rule, [right, left]), see(rule, [left, right]));
    expect(exchanged.gates).toMatchObject([{ outcome: 'fail', value: 1 }]);
    expect(exchanged.failures[0]!.detail).toMatch(/in layer 0 100% of the selections moved: expert 0 from 50% to 0%, expert 3 from 0% to 50%/);
  });

  it('`stays-selected` shows the tokens that had the expert in the reference', () => {
    const rule = assertion({ type: 'stays-selected', layer: 0, experts: [2] });
    const before = see(rule, [item([[2, 3], [2, 0], [0, 1]])]);
    expect(judgeAssertion(rule, before, before).gates).toMatchObject([{ outcome: 'pass', value: 0, versus: 'reference' }]);
    expect(judgeAssertion(rule, see(rule, [item([[2, 3], [2, 0], [2, 1]])]), before).gates[0]!.outcome).toBe('pass');
    const { gates, failures } = judgeAssertion(rule, see(rule, [item([[1, 3], [2, 0], [0, 1]])]), before);
    expect(gates[0]!.outcome).toBe('fail');
    expect(failures).toMatchObject([{ detail: 'rule: expert 2 of layer 0 is selected for 1 of 3 tokens, in the reference for 2.', tokens: [{ row: 1, expert: 2, gate: null, expected: 'expert 2, as in the reference' }] }]);
  });

  it('says so where no item is meant', () => {
    const rule = assertion({ type: 'avoid', layer: 0, experts: [2] });
    expect(judgeAssertion(rule, [], null).gates).toMatchObject([{ outcome: 'inconclusive', reason: 'no-such-items' }]);
  });
});

describe('figures of routes', () => {
  it('a share has a wider interval where the items differ, and holds its value', () => {
    const alike = clusteredShare(Array.from({ length: 20 }, () => ({ hits: 10, total: 20 })));
    const unlike = clusteredShare(Array.from({ length: 20 }, (_, at) => ({ hits: at % 2 === 0 ? 20 : 0, total: 20 })));
    expect(unlike.high! - unlike.low!).toBeGreaterThan(2 * (alike.high! - alike.low!));
    // Twenty items that are all or nothing tell as much as twenty coins: Wilson's interval of 10 of 20 is 0.2993 to 0.7007 (Newcombe 1998 gives the formula).
    expect(unlike.low).toBeCloseTo(0.2993, 1.7);
    expect(clusteredShare([{ hits: 1, total: 2 }])).toEqual({ value: 0.5, low: null, high: null, n: 1 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(10), fc.integer({ min: 10, max: 20 })), { minLength: 2, maxLength: 30 }), (items) => {
        const { value, low, high } = clusteredShare(items.map(([hits, total]) => ({ hits, total })));
        expect(low!).toBeLessThanOrEqual(value + 1e-12);
        expect(high!).toBeGreaterThanOrEqual(value - 1e-12);
        expect(low!).toBeGreaterThanOrEqual(0);
        expect(high!).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('a move is 0 for equal usage, 1 for disjoint, the same either way', () => {
    expect(movedBits([[1, 0]], [[0, 5]])).toEqual({ value: 1, low: null, high: null, n: 1 });
    const counts = fc.array(fc.array(fc.nat(9), { minLength: 3, maxLength: 3 }).map(([a, b, c]) => [a! + 1, b!, c!]), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(counts, counts, (left, right) => {
        expect(movedBits(left, left)).toEqual({ value: 0, low: 0, high: 0, n: 4 });
        const [there, back] = [movedBits(left, right), movedBits(right, left)];
        expect(there.value).toBeCloseTo(back.value, 12);
        expect(there.low!).toBeLessThanOrEqual(there.value);
      }),
    );
  });

  it('the gap of two texts is the mean over the layers', () => {
    expect(routingGapBits(half, half)).toBe(0);
    expect(routingGapBits(item([[0, 1]]), item([[2, 3]]))).toBe(1);
  });
});
