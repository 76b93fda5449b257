import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTrace, encodeTrace } from './codec.ts';
import { DECISION_FLAGS, type FlaggedDecision, type RoutingTrace } from './trace.ts';
import { accumulateUsage, emptyUsage, type LayerUsage, mergeUsage, pairIndex } from './usage.ts';

const EXPERTS = 6;
const LAYERS = 2;
const TOP_K = 3;
const EMPTY = DECISION_FLAGS.dropped | DECISION_FLAGS.fallback;

const decisions = fc.record({
  order: fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: TOP_K, maxLength: TOP_K }),
  weights: fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 })),
  flags: fc.constantFrom(0, 0, 0, 1, 2, 4, 8, 3, 12, 13),
  dropLast: fc.boolean(),
});

const traces: fc.Arbitrary<RoutingTrace> = fc.array(fc.tuple(decisions, decisions), { maxLength: 12 }).map((rows) => {
  const expertIds: number[] = [];
  const gates: number[] = [];
  const flagged: FlaggedDecision[] = [];
  for (const [row, layers] of rows.entries()) {
    for (const [layer, { order, weights, flags, dropLast }] of layers.entries()) {
      const sum = weights.reduce((a, b) => a + b, 0);
      const sorted = [...weights].toSorted((a, b) => b - a).map((weight) => weight / sum);
      if (flags & EMPTY && dropLast) sorted[TOP_K - 1] = 0;
      expertIds.push(...order);
      gates.push(...sorted);
      if (flags) flagged.push({ row, layer, flags });
    }
  }
  return decodeTrace(
    encodeTrace({
      layers: LAYERS, experts: EXPERTS, topK: TOP_K, promptRows: rows.length, choiceRows: [],
      tokenIds: null, expertIds: Uint16Array.from(expertIds), gates: Float32Array.from(gates), flagged,
    }),
  );
});

/** Selections that went to no expert though nothing was dropped. */
function unusedSelections(trace: RoutingTrace, layer: number): number {
  const unused = trace.flagged.filter((f) => f.layer === layer && (f.flags & EMPTY) === DECISION_FLAGS.fallback);
  return unused.flatMap(({ row }) => [0, 1, 2].filter((k) => trace.gates[(row * LAYERS + layer) * TOP_K + k] === 0)).length;
}

const total = (values: Float64Array) => values.reduce((a, b) => a + b, 0);

function usageOf(list: readonly RoutingTrace[]): LayerUsage[] {
  const usage = emptyUsage(LAYERS, EXPERTS);
  for (const trace of list) accumulateUsage(usage, trace);
  return usage;
}

describe('usage', () => {
  it('accounts for each selection: load, dropped and unused selections make tokens x topK', () => {
    fc.assert(
      fc.property(fc.array(traces, { maxLength: 5 }), (list) => {
        for (const [index, layer] of usageOf(list).entries()) {
          const unused = list.reduce((sum, trace) => sum + unusedSelections(trace, index), 0);
          expect(total(layer.load) + layer.droppedSelections + unused).toBe(layer.tokens * TOP_K);
          expect(total(layer.confidence)).toBe(layer.tokens);
          expect(total(layer.cross)).toBe(layer.sumSquaresRequests);
          expect(layer.requests).toBe(list.length);
        }
      }),
    );
  });

  it('gives the figures of a plain count over all decisions', () => {
    fc.assert(
      fc.property(fc.array(traces, { maxLength: 4 }), (list) => {
        const usage = usageOf(list);
        for (let layer = 0; layer < LAYERS; layer++) {
          const load = new Map<number, number>();
          const pairs = new Map<string, number>();
          let cells = 0;
          let units = 0;
          for (const trace of list) {
            const mine = new Map<number, number>();
            for (let row = 0; row < trace.promptRows; row++) {
              const at = (row * LAYERS + layer) * TOP_K;
              const mayBeEmpty = trace.flagged.some((f) => f.row === row && f.layer === layer && f.flags & EMPTY);
              const served = [0, 1, 2].filter((k) => !(mayBeEmpty && trace.gates[at + k] === 0));
              for (const k of served) {
                const expert = trace.expertIds[at + k]!;
                load.set(expert, (load.get(expert) ?? 0) + 1);
                mine.set(expert, (mine.get(expert) ?? 0) + 1);
                units += Math.round(trace.gates[at + k]! * 255);
                for (const other of served.filter((o) => o > k).map((o) => trace.expertIds[at + o]!)) {
                  const key = [expert, other].toSorted((a, b) => a - b).join();
                  pairs.set(key, (pairs.get(key) ?? 0) + 1);
                }
              }
            }
            for (const count of mine.values()) cells += count * count;
          }
          const got = usage[layer]!;
          expect([...got.load]).toEqual(Array.from({ length: EXPERTS }, (_, e) => load.get(e) ?? 0));
          expect(total(got.gateMass)).toBe(units);
          expect(got.sumSquaresCells).toBe(cells);
          for (let a = 0; a < EXPERTS; a++) {
            for (let b = a + 1; b < EXPERTS; b++) expect(got.pairs![pairIndex(a, b, EXPERTS)]).toBe(pairs.get(`${a},${b}`) ?? 0);
          }
        }
      }),
    );
  });

  it('merges to the same sums in any split', () => {
    fc.assert(
      fc.property(fc.array(traces, { maxLength: 6 }), fc.nat({ max: 6 }), (list, cut) => {
        const merged = usageOf(list.slice(0, cut));
        mergeUsage(merged, usageOf(list.slice(cut)));
        expect(merged).toEqual(usageOf(list));
      }),
    );
  });

  it('counts unused selections neither as load nor as dropped', () => {
    const usage = emptyUsage(1, 4);
    accumulateUsage(usage, {
      layers: 1, experts: 4, topK: 2, promptRows: 1, choiceRows: [], tokenIds: null,
      expertIds: Uint16Array.of(3, 3), gates: Float32Array.of(1, 0), flagged: [{ row: 0, layer: 0, flags: DECISION_FLAGS.masked | DECISION_FLAGS.fallback }],
    });
    expect(usage[0]).toMatchObject({ tokens: 1, droppedSelections: 0, masked: 1, fallback: 1, dropped: 0 });
    expect([...usage[0]!.load]).toEqual([0, 0, 0, 1]);
  });

  it('counts flags, and puts gates of 0 and 1 into the first and the last bin', () => {
    const usage = emptyUsage(1, 100);
    accumulateUsage(usage, {
      layers: 1, experts: 100, topK: 1, promptRows: 2, choiceRows: [1], tokenIds: null,
      expertIds: Uint16Array.of(7, 7, 99), gates: Float32Array.of(0, 1, 0.05),
      flagged: [{ row: 0, layer: 0, flags: 15 }],
    });
    const [layer] = usage;
    expect(layer).toMatchObject({ dropped: 1, rerouted: 1, masked: 1, fallback: 1, droppedSelections: 1, tokens: 3, pairs: null });
    expect([layer!.confidence[0], layer!.confidence[1], layer!.confidence[19]]).toEqual([1, 1, 1]);
  });

  it('refuses other shapes and sums beyond the exact integers', () => {
    const trace = { layers: 1, experts: 2, topK: 1, promptRows: 1, choiceRows: [], tokenIds: null, expertIds: Uint16Array.of(1), gates: Float32Array.of(1), flagged: [] };
    expect(() => accumulateUsage(emptyUsage(2, 2), trace)).toThrow(/layers/);
    expect(() => accumulateUsage(emptyUsage(1, 3), trace)).toThrow(/experts/);
    expect(() => mergeUsage(emptyUsage(1, 2), emptyUsage(1, 3))).toThrow(/experts/);
    const full = emptyUsage(1, 2);
    full[0]!.sumSquaresRequests = Number.MAX_SAFE_INTEGER;
    expect(() => accumulateUsage(full, trace)).toThrow(/2\^53/);
  });

  it('counts two plain experts as it counts flagged ones', () => {
    const decision = fc.record({ first: fc.nat(7), second: fc.nat(7), gate: fc.integer({ min: 0, max: 1000 }) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(decision, { minLength: 3, maxLength: 60 }), (layers, given) => {
        const rows = Math.floor(given.length / layers);
        const kept = given.slice(0, rows * layers);
        const plain = {
          layers, experts: 8, topK: 2, promptRows: rows, choiceRows: [], tokenIds: null, flagged: [],
          expertIds: Uint16Array.from(kept.flatMap(({ first, second }) => [first, second])),
          gates: Float32Array.from(kept.flatMap(({ gate }) => [gate / 1000, 1 - gate / 1000])),
        };
        const [counted, flagged] = [emptyUsage(layers, 8), emptyUsage(layers, 8)];
        accumulateUsage(counted, plain);
        accumulateUsage(flagged, { ...plain, flagged: [{ row: 0, layer: 0, flags: DECISION_FLAGS.masked }] });
        expect(flagged[0]?.masked).toBe(1);
        expect(flagged.map((layer) => ({ ...layer, masked: 0 }))).toEqual(counted);
      }),
    );
  });
});
