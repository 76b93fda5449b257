import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combineRows, gatherRows, newDispatchPlan, planDispatch } from './dispatch.ts';

const WIDTH = 3;
const problem = fc
  .record({ experts: fc.integer({ min: 1, max: 12 }), rows: fc.integer({ min: 1, max: 20 }) })
  .chain(({ experts, rows }) =>
    fc.integer({ min: 1, max: Math.min(experts, 4) }).chain((topK) =>
      fc.record({
        experts: fc.constant(experts),
        topK: fc.constant(topK),
        chosen: fc.array(fc.shuffledSubarray([...Array(experts).keys()], { minLength: topK, maxLength: topK }), {
          minLength: rows,
          maxLength: rows,
        }),
      }),
    ),
  );

describe('dispatch', () => {
  it('gives each expert its rows and brings the outputs back, weighted', () => {
    fc.assert(
      fc.property(problem, ({ experts, topK, chosen }) => {
        const rows = chosen.length;
        const expertIds = Uint16Array.from(chosen.flat());
        const gates = Float32Array.from(expertIds, (_, at) => (at % 7) / 8);
        const x = Float32Array.from({ length: rows * WIDTH }, (_, at) => at);
        const plan = newDispatchPlan(experts, rows, topK);
        planDispatch(plan, { expertIds, gates, offset: 0, rowStride: topK }, rows, topK);
        const packed = new Float32Array(rows * topK * WIDTH);
        const half = rows >> 1;
        gatherRows(plan, x, 0, half, topK, WIDTH, packed);
        gatherRows(plan, x.subarray(half * WIDTH), half, rows - half, topK, WIDTH, packed);

        const outputs = Array.from({ length: experts }, (_, expert) => {
          const inputs = packed.subarray(plan.starts[expert]! * WIDTH, plan.starts[expert + 1]! * WIDTH);
          return inputs.length === 0 ? null : inputs.map((value) => value * (expert + 1));
        });
        const result = x.slice();
        combineRows(plan, result, rows, topK, WIDTH, { expertIds, gates, offset: 0, rowStride: topK }, outputs);

        for (const [row, ids] of chosen.entries()) {
          for (let column = 0; column < WIDTH; column++) {
            const own = x[row * WIDTH + column]!;
            const wanted = ids.reduce((sum, id, rank) => sum + gates[row * topK + rank]! * own * (id + 1), own);
            expect(result[row * WIDTH + column]).toBeCloseTo(wanted, 2);
          }
        }
        expect(plan.starts[experts]).toBe(rows * topK);
      }),
    );
  });

  it('runs no expert for unused ranks and adds nothing for them, whatever stands beside', () => {
    fc.assert(
      fc.property(problem, fc.infiniteStream(fc.boolean()), ({ experts, topK, chosen }, coins) => {
        const rows = chosen.length;
        const expertIds = Uint16Array.from(chosen.flat());
        const gates = Float32Array.from(expertIds, () => (coins.next().value ? 0.5 : 0));
        const marks = Uint8Array.from(chosen, () => (coins.next().value ? 8 : 4));
        const selection = { expertIds, gates, offset: 0, rowStride: topK };
        const plan = newDispatchPlan(experts, rows, topK);
        planDispatch(plan, selection, rows, topK, { marks, offset: 0, rowStride: 1, bits: 8 });
        const unused = (row: number, rank: number) => marks[row] === 8 && gates[row * topK + rank] === 0;
        const served = chosen.flatMap((ids, row) => ids.filter((_, rank) => !unused(row, rank)));
        for (let expert = 0; expert < experts; expert++) {
          expect(plan.starts[expert + 1]! - plan.starts[expert]!).toBe(served.filter((id) => id === expert).length);
        }
        const x = Float32Array.from({ length: rows * WIDTH }, (_, at) => at);
        const packed = new Float32Array(rows * topK * WIDTH);
        gatherRows(plan, x, 0, rows, topK, WIDTH, packed);
        const outputs = Array.from({ length: experts }, (_, expert) => {
          const inputs = packed.slice(plan.starts[expert]! * WIDTH, plan.starts[expert + 1]! * WIDTH);
          return inputs.length === 0 ? null : inputs;
        });
        const result = x.slice();
        combineRows(plan, result, rows, topK, WIDTH, selection, outputs);
        for (let at = 0; at < result.length; at++) {
          const row = Math.floor(at / WIDTH);
          expect(result[at]).toBeCloseTo(x[at]! * (1 + gates.subarray(row * topK, (row + 1) * topK).reduce((sum, gate) => sum + gate, 0)), 3);
        }
      }),
    );
  });
});
