import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTrace, encodeTrace } from './codec.ts';
import { DECISION_FLAGS, type RoutingTrace } from './trace.ts';
import { unorderedTrace } from './unordered.ts';
import { accumulateUsage, emptyUsage } from './usage.ts';

const LAYERS = 3;
const EXPERTS = 6;

const decision = fc.record({
  pair: fc.uniqueArray(fc.integer({ min: 0, max: EXPERTS - 1 }), { minLength: 2, maxLength: 2 }),
  units: fc.integer({ min: 128, max: 254 }),
  flags: fc.constantFrom(0, 0, 0, DECISION_FLAGS.masked, DECISION_FLAGS.rerouted),
});
const traces = fc.array(fc.array(decision, { minLength: LAYERS, maxLength: LAYERS }), { minLength: 1, maxLength: 12 }).map(
  (rows): RoutingTrace => ({
    layers: LAYERS, experts: EXPERTS, topK: 2, promptRows: rows.length, choiceRows: [],
    tokenIds: Uint32Array.from(rows.keys()),
    expertIds: Uint16Array.from(rows.flat().flatMap(({ pair }) => pair)),
    gates: Float32Array.from(rows.flat().flatMap(({ units }) => [units / 255, 1 - units / 255])),
    flagged: rows.flatMap((row, at) => row.flatMap(({ flags }, layer) => (flags === 0 ? [] : [{ row: at, layer, flags }]))),
  }),
);

function usageOf(trace: RoutingTrace) {
  const usage = emptyUsage(LAYERS, EXPERTS);
  accumulateUsage(usage, decodeTrace(encodeTrace(trace)));
  return usage;
}

describe('a trace without order', () => {
  it('adds up to the same usage', () => {
    fc.assert(fc.property(traces, (trace) => {
      expect(usageOf(unorderedTrace(trace))).toEqual(usageOf(trace));
    }));
  });

  it('is the same for every order of the rows, and of the rows of one layer', () => {
    fc.assert(
      fc.property(traces, fc.infiniteStream(fc.nat()), (trace, numbers) => {
        const rows = trace.promptRows;
        const moved = { ...trace, expertIds: trace.expertIds.slice(), gates: trace.gates.slice() };
        const flagged = [];
        for (let layer = 0; layer < LAYERS; layer += 1) {
          const order = Array.from({ length: rows }, (_, row) => ({ row, key: numbers.next().value })).toSorted((a, b) => a.key - b.key);
          for (const [to, { row }] of order.entries()) {
            for (let k = 0; k < 2; k += 1) {
              moved.expertIds[(to * LAYERS + layer) * 2 + k] = trace.expertIds[(row * LAYERS + layer) * 2 + k]!;
              moved.gates[(to * LAYERS + layer) * 2 + k] = trace.gates[(row * LAYERS + layer) * 2 + k]!;
            }
            flagged.push(...trace.flagged.filter((each) => each.row === row && each.layer === layer).map((each) => ({ ...each, row: to })));
          }
        }
        expect(encodeTrace(unorderedTrace({ ...moved, flagged }))).toEqual(encodeTrace(unorderedTrace(trace)));
      }),
    );
  });

  it('holds no token ids', () => {
    fc.assert(fc.property(traces, (trace) => {
      expect(unorderedTrace(trace).tokenIds).toBeNull();
    }));
  });
});
