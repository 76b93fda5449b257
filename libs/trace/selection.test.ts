import fc from 'fast-check';
import { expect, it } from 'vitest';
import { expertSelection } from './selection.ts';
import { DECISION_FLAGS, type RoutingTrace } from './trace.ts';
import { accumulateUsage, emptyUsage } from './usage.ts';

const LAYERS = 2;
const EXPERTS = 5;
const TOP_K = 2;

const traces = fc.integer({ min: 0, max: 12 }).chain((rows) =>
  fc.record({
    pairs: fc.array(fc.uniqueArray(fc.integer({ min: 0, max: EXPERTS - 1 }), { minLength: TOP_K, maxLength: TOP_K }), { minLength: rows * LAYERS, maxLength: rows * LAYERS }),
    units: fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 255 })), { minLength: rows * LAYERS * TOP_K, maxLength: rows * LAYERS * TOP_K }),
    flags: fc.array(fc.integer({ min: 0, max: 15 }), { minLength: rows * LAYERS, maxLength: rows * LAYERS }),
  }).map(({ pairs, units, flags }): RoutingTrace => ({
    layers: LAYERS, experts: EXPERTS, topK: TOP_K, promptRows: rows, choiceRows: [], tokenIds: null,
    expertIds: Uint16Array.from(pairs.flat()),
    gates: Float32Array.from(units, (unit) => unit / 255),
    flagged: flags.flatMap((bits, at) => (bits === 0 ? [] : [{ row: Math.floor(at / LAYERS), layer: at % LAYERS, flags: bits }])),
  })),
);

it('gives what usage counts for the expert', () => {
  fc.assert(fc.property(traces, (trace) => {
    const usage = emptyUsage(LAYERS, EXPERTS);
    accumulateUsage(usage, trace);
    for (let layer = 0; layer < LAYERS; layer += 1) {
      for (let expert = 0; expert < EXPERTS; expert += 1) {
        const { tokens, gateMass } = expertSelection(trace, layer, expert);
        expect(tokens).toBe(usage[layer]?.load[expert]);
        expect(gateMass * 255).toBeCloseTo(usage[layer]?.gateMass[expert] ?? -1, 6);
      }
    }
  }));
});

const two = (flags: number): RoutingTrace => ({
  layers: 1, experts: 4, topK: 2, promptRows: 1, choiceRows: [1], tokenIds: null,
  expertIds: Uint16Array.of(1, 3, 1, 2), gates: Float32Array.of(1, 0, 0.6, 0.4), flagged: flags === 0 ? [] : [{ row: 0, layer: 0, flags }],
});

it('takes an unused or dropped rank for no selection, and any other gate of 0 for one', () => {
  expect(expertSelection(two(DECISION_FLAGS.fallback), 0, 3)).toEqual({ tokens: 0, gateMass: 0 });
  expect(expertSelection(two(DECISION_FLAGS.dropped), 0, 3)).toEqual({ tokens: 0, gateMass: 0 });
  expect(expertSelection(two(DECISION_FLAGS.masked), 0, 3)).toEqual({ tokens: 1, gateMass: 0 });
  expect(expertSelection(two(0), 0, 3)).toEqual({ tokens: 1, gateMass: 0 });
  expect(expertSelection(two(DECISION_FLAGS.fallback), 0, 1)).toEqual({ tokens: 2, gateMass: 408 / 255 });
});

it('refuses an expert that the trace does not have', () => {
  expect(() => expertSelection(two(0), 1, 0)).toThrow(/1 layers of 4 experts/);
  expect(() => expertSelection(two(0), 0, 4)).toThrow(RangeError);
});
