import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RouterLogitsError, selectExperts } from './gating.ts';

interface Picked {
  readonly ids: number[];
  readonly gates: number[];
}

/** The definition, as plainly as it can be written. */
function reference(logits: readonly number[], topK: number, normalise: boolean): Picked {
  const largest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - largest));
  const ids = logits.map((_, id) => id).toSorted((a, b) => logits[b]! - logits[a]! || a - b).slice(0, topK);
  const over = normalise ? ids.map((id) => weights[id]!) : weights;
  const sum = over.reduce((total, weight) => total + weight, 0);
  return { ids, gates: ids.map((id) => weights[id]! / sum) };
}

function select(logits: readonly (readonly number[])[], topK: number, normalise: boolean): Picked[] {
  const experts = logits[0]!.length;
  const rows = logits.length;
  const rowStride = topK + 3;
  const expertIds = new Uint16Array(rows * rowStride + 2).fill(999);
  const gates = new Float32Array(rows * rowStride + 2).fill(-1);
  const flat = Float32Array.from([7, ...logits.flat()]);
  selectExperts(flat, 1, rows, { experts, topK, normalise }, { expertIds, gates, offset: 2, rowStride });
  return logits.map((_, row) => {
    const at = 2 + row * rowStride;
    expect([...expertIds.subarray(at + topK, at + rowStride)].every((id) => id === 999 || id === undefined)).toBe(true);
    return { ids: [...expertIds.subarray(at, at + topK)], gates: [...gates.subarray(at, at + topK)] };
  });
}

const logit = fc.oneof(
  fc.float({ min: -30, max: 30, noNaN: true }),
  fc.constantFrom(0, 1, -1).map((value) => Math.fround(value)),
);
const problem = fc
  .record({ experts: fc.integer({ min: 1, max: 40 }), rows: fc.integer({ min: 1, max: 5 }) })
  .chain(({ experts, rows }) =>
    fc.record({
      logits: fc.array(fc.array(logit, { minLength: experts, maxLength: experts }), { minLength: rows, maxLength: rows }),
      topK: fc.integer({ min: 1, max: experts }),
      normalise: fc.boolean(),
    }),
  );

describe('selectExperts', () => {
  it('selects what the definition selects, ties to the lower id', () => {
    fc.assert(
      fc.property(problem, ({ logits, topK, normalise }) => {
        const picked = select(logits, topK, normalise);
        for (const [row, values] of logits.entries()) {
          const wanted = reference(values, topK, normalise);
          expect(picked[row]!.ids).toEqual(wanted.ids);
          for (const [rank, gate] of wanted.gates.entries()) expect(picked[row]!.gates[rank]).toBeCloseTo(gate, 6);
        }
      }),
    );
  });

  it('gives gates that fall and, normalised, add up to one', () => {
    fc.assert(
      fc.property(problem, ({ logits, topK }) => {
        for (const { gates } of select(logits, topK, true)) {
          expect(gates.reduce((sum, gate) => sum + gate, 0)).toBeCloseTo(1, 5);
          expect(gates.every((gate, rank) => rank === 0 || gate <= gates[rank - 1]!)).toBe(true);
        }
      }),
    );
  });

  it('gives a row the same bits whatever rows stand beside it', () => {
    fc.assert(
      fc.property(problem, ({ logits, topK, normalise }) => {
        const together = select(logits, topK, normalise);
        for (const [row, values] of logits.entries()) expect(together[row]).toEqual(select([values], topK, normalise)[0]);
      }),
    );
  });

  it('never selects an expert masked with minus infinity while others are left', () => {
    expect(select([[-Infinity, 0, 5, -Infinity]], 2, true)[0]!.ids).toEqual([2, 1]);
  });

  it.each([[[Number.NaN, 1, 2]], [[0, Number.NaN, 2]], [[0, 1, Infinity]], [[-Infinity, -Infinity, -Infinity]]])(
    'refuses %j',
    (logits) => {
      expect(() => select([[0, 1, 2], logits], 2, true)).toThrow(RouterLogitsError);
    },
  );
});
