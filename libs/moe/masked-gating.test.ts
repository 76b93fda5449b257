import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExpertMask, isMasked, maskedCount, maskExpert, maskFault, newExpertMask } from './expert-mask.ts';
import { RouterLogitsError, selectExperts } from './gating.ts';
import { selectUnmasked } from './masked-gating.ts';

const BITS = { masked: 4, fallback: 8 };

interface Picked {
  readonly ids: number[];
  readonly gates: number[];
}

function plain(logits: readonly number[], topK: number, normalise: boolean): Picked {
  const expertIds = new Uint16Array(topK);
  const gates = new Float32Array(topK);
  selectExperts(Float32Array.from(logits), 0, 1, { experts: logits.length, topK, normalise }, { expertIds, gates, offset: 0, rowStride: topK });
  return { ids: [...expertIds], gates: [...gates] };
}

function maskOf(experts: number, masked: readonly number[], layer = 0): ExpertMask {
  const mask = newExpertMask(layer + 1, experts);
  for (const expert of masked) maskExpert(mask, layer, expert);
  return mask;
}

function select(rows: readonly (readonly number[])[], masked: readonly number[], topK: number, normalise: boolean): (Picked & { marks: number })[] {
  const experts = rows[0]!.length;
  const rowStride = topK + 3;
  const expertIds = new Uint16Array(rows.length * rowStride + 2).fill(999);
  const gates = new Float32Array(rows.length * rowStride + 2).fill(-1);
  const marks = new Uint8Array(rows.length * 2 + 1);
  const flat = Float32Array.from([7, ...rows.flat()]);
  const target = { expertIds, gates, offset: 2, rowStride };
  selectUnmasked(flat, 1, rows.length, { experts, topK, normalise }, maskOf(experts, masked, 1), 1, target, { marks, offset: 1, rowStride: 2 }, BITS);
  expect(marks.filter((_, at) => at % 2 === 0).every((mark) => mark === 0)).toBe(true);
  return rows.map((_, row) => {
    const at = 2 + row * rowStride;
    expect([...expertIds.subarray(at + topK, at + rowStride)].every((id) => id === 999)).toBe(true);
    return { ids: [...expertIds.subarray(at, at + topK)], gates: [...gates.subarray(at, at + topK)], marks: marks[1 + row * 2]! };
  });
}

const logit = fc.oneof(fc.float({ min: -30, max: 30, noNaN: true }), fc.constantFrom(0, 1, -1).map((value) => Math.fround(value)));
const problem = fc
  .record({ experts: fc.integer({ min: 1, max: 70 }), rows: fc.integer({ min: 1, max: 4 }) })
  .chain(({ experts, rows }) =>
    fc.record({
      logits: fc.array(fc.array(logit, { minLength: experts, maxLength: experts }), { minLength: rows, maxLength: rows }),
      masked: fc.shuffledSubarray([...Array(experts).keys()], { maxLength: experts - 1 }),
      topK: fc.integer({ min: 1, max: Math.min(experts, 6) }),
      normalise: fc.boolean(),
    }),
  );

describe('selectUnmasked', () => {
  it('never selects a masked expert, in a used rank or an unused one', () => {
    fc.assert(
      fc.property(problem, ({ logits, masked, topK, normalise }) => {
        for (const { ids } of select(logits, masked, topK, normalise)) expect(ids.filter((id) => masked.includes(id) || id >= logits[0]!.length)).toEqual([]);
      }),
    );
  });

  it('is the plain selection over logits in which masked ones are minus infinity, bit for bit', () => {
    fc.assert(
      fc.property(problem, ({ logits, masked, topK, normalise }) => {
        fc.pre(logits[0]!.length - masked.length >= topK);
        const picked = select(logits, masked, topK, normalise);
        for (const [row, values] of logits.entries()) {
          const wanted = plain(values.map((value, expert) => (masked.includes(expert) ? -Infinity : value)), topK, normalise);
          expect({ ids: picked[row]!.ids, gates: picked[row]!.gates }).toEqual(wanted);
        }
      }),
    );
  });

  it('marks exactly the decisions in which the plain top-k holds a masked expert', () => {
    fc.assert(
      fc.property(problem, ({ logits, masked, topK, normalise }) => {
        const left = logits[0]!.length - masked.length;
        for (const [row, { marks }] of select(logits, masked, topK, normalise).entries()) {
          const touched = plain(logits[row]!, topK, normalise).ids.some((id) => masked.includes(id));
          expect(marks).toBe((touched ? BITS.masked : 0) | (left < topK ? BITS.fallback : 0));
        }
      }),
    );
  });

  it('lets fewer experts serve where fewer are left: gates add up to one, unused ranks are exactly 0', () => {
    fc.assert(
      fc.property(problem, ({ logits, masked, topK, normalise }) => {
        const left = logits[0]!.length - masked.length;
        fc.pre(left < topK);
        for (const { ids, gates } of select(logits, masked, topK, normalise)) {
          expect(gates.slice(0, left).reduce((sum, gate) => sum + gate, 0)).toBeCloseTo(1, 5);
          expect(new Set(ids.slice(0, left)).size).toBe(left);
          expect(gates.slice(left)).toEqual(Array(topK - left).fill(0));
          expect(ids.slice(left)).toEqual(Array(topK - left).fill(ids[0]));
        }
      }),
    );
  });

  it('refuses damaged logits, also of a masked expert, and a mask that leaves nothing', () => {
    expect(() => select([[0, Number.NaN, 1]], [1], 2, true)).toThrow(RouterLogitsError);
    expect(() => select([[-Infinity, 5, -Infinity]], [1], 2, true)).toThrow(RouterLogitsError);
    expect(() => select([[0, 1]], [0, 1], 1, true)).toThrow(/no expert/);
  });
});

describe('ExpertMask', () => {
  it('holds what was masked, by layer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.array(fc.tuple(fc.nat(2), fc.nat(99))), (experts, entries) => {
        const mask = newExpertMask(3, experts);
        const wanted = new Set<string>();
        for (const [layer, expert] of entries.filter(([, index]) => index < experts)) {
          maskExpert(mask, layer, expert);
          wanted.add(`${layer}/${expert}`);
        }
        for (let layer = 0; layer < 3; layer++) {
          const masked = Array.from({ length: experts }, (_, expert) => expert).filter((expert) => isMasked(mask, layer, expert));
          expect(masked.every((expert) => wanted.has(`${layer}/${expert}`))).toBe(true);
          expect(maskedCount(mask, layer)).toBe(masked.length);
        }
        expect([0, 1, 2].reduce((sum, layer) => sum + maskedCount(mask, layer), 0)).toBe(wanted.size);
      }),
    );
  });

  it('is refused where it does not fit the model or leaves no expert', () => {
    expect(maskFault(maskOf(8, [0, 7]), 1, 8)).toBeNull();
    expect(maskFault(maskOf(8, [0]), 2, 8)).toMatch(/words/);
    expect(maskFault(maskOf(8, [7]), 1, 7)).toMatch(/beyond 6/);
    expect(maskFault(maskOf(3, [0, 1, 2]), 1, 3)).toMatch(/no expert in layer 0/);
    expect(maskFault(maskOf(64, [63]), 1, 64)).toBeNull();
  });
});
