import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExpertMask, isMasked, maskExpert, newExpertMask } from '../expert-mask.ts';
import { selectExperts } from '../gating.ts';
import { selectUnmasked } from '../masked-gating.ts';
import { descendLadder, type LayerLadder } from './descend.ts';
import { type Rung } from './rung.ts';

const EXPERTS = 8;
const TOP_K = 3;
const BITS = { unavailable: 16, fallback: 8, generalist: 32 };
const NO_MARKS = { masked: 0, fallback: 0 };

interface Routed {
  readonly expertIds: Uint16Array;
  readonly gates: Float32Array;
  readonly marks: Uint8Array;
  readonly lost: Float32Array;
  readonly unserved: number;
}

function maskOf(experts: readonly number[]): ExpertMask {
  const mask = newExpertMask(1, EXPERTS);
  for (const expert of experts) maskExpert(mask, 0, expert);
  return mask;
}

function plain(logits: Float32Array, normalise: boolean): Pick<Routed, 'expertIds' | 'gates'> {
  const rows = logits.length / EXPERTS;
  const target = { expertIds: new Uint16Array(rows * TOP_K), gates: new Float32Array(rows * TOP_K), offset: 0, rowStride: TOP_K };
  selectExperts(logits, 0, rows, { experts: EXPERTS, topK: TOP_K, normalise }, target);
  return target;
}

function route(logits: Float32Array, lostExperts: readonly number[], ladder: LayerLadder, normalise = true): Routed {
  const rows = logits.length / EXPERTS;
  const { expertIds, gates } = plain(logits, normalise);
  const target = { expertIds, gates, offset: 0, rowStride: TOP_K };
  const marks = new Uint8Array(rows);
  const lost = new Float32Array(rows);
  const unavailable = maskOf(lostExperts);
  const settings = { experts: EXPERTS, topK: TOP_K, normalise };
  const nextBest = (row: number) =>
    selectUnmasked(logits, row * EXPERTS, 1, settings, unavailable, 0, { ...target, offset: row * TOP_K }, { marks: new Uint8Array(1), offset: 0, rowStride: 1 }, NO_MARKS);
  const of = { rows, layer: 0, experts: EXPERTS, topK: TOP_K, mask: null, unavailable };
  const unserved = descendLadder(ladder, of, target, { marks, offset: 0, rowStride: 1 }, BITS, nextBest, { values: lost, offset: 0, rowStride: 1 });
  return { expertIds, gates, marks, lost, unserved };
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

const logitsOf = (rows: number) => fc.array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: rows * EXPERTS, maxLength: rows * EXPERTS }).map((values) => Float32Array.from(values));
const rungs = fc.uniqueArray(fc.constantFrom<Rung>('renormalise', 'next-best', 'generalist', 'dense'));
const lostExperts = fc.uniqueArray(fc.integer({ min: 0, max: EXPERTS - 1 }));

describe('descendLadder', () => {
  it('gives the shares of an example worked out by hand', () => {
    // Softmax over the three largest of 0, ln 2, ln 3, ...: gates 3/6, 2/6, 1/6.
    const logits = Float32Array.from([Math.log(3), Math.log(2), 0, -50, -50, -50, -50, -50]);
    const renormalised = route(logits, [1], { rungs: ['renormalise'], generalist: null });
    expect([...renormalised.expertIds]).toEqual([0, 2, 0]);
    expect([...renormalised.gates].map((gate) => gate.toFixed(6))).toEqual(['0.750000', '0.250000', '0.000000']);
    expect(renormalised.lost[0]).toBeCloseTo(1 / 3, 6);
    expect(renormalised.marks[0]).toBe(BITS.unavailable | BITS.fallback);

    const next = route(logits, [0], { rungs: ['next-best'], generalist: null });
    expect([...next.expertIds]).toEqual([1, 2, 3]);
    expect(next.gates[0]).toBeCloseTo(2 / 3, 6);

    const generalist = route(logits, [2], { rungs: ['generalist', 'renormalise'], generalist: 6 });
    expect([...generalist.expertIds]).toEqual([6, 6, 6]);
    expect([...generalist.gates]).toEqual([1, 0, 0]);
    expect(generalist.marks[0]).toBe(BITS.unavailable | BITS.fallback | BITS.generalist);

    const dense = route(logits, [2], { rungs: ['dense'], generalist: 6 });
    expect([dense.unserved, ...dense.gates]).toEqual([1, 0, 0, 0]);
  });

  it('never lets an unavailable expert serve, keeps the mass, and leaves rows that lost nobody their bits', () => {
    fc.assert(
      fc.property(logitsOf(4), lostExperts, rungs, fc.option(fc.integer({ min: 0, max: EXPERTS - 1 })), fc.boolean(), (logits, lost, order, generalist, normalise) => {
        const before = plain(logits, normalise);
        const after = route(logits, lost, { rungs: order, generalist }, normalise);
        const unavailable = maskOf(lost);
        let unserved = 0;
        for (let row = 0; row < 4; row++) {
          const at = row * TOP_K;
          const ids = after.expertIds.subarray(at, at + TOP_K);
          const gates = after.gates.subarray(at, at + TOP_K);
          const plainIds = before.expertIds.subarray(at, at + TOP_K);
          const plainGates = before.gates.subarray(at, at + TOP_K);
          const isTouched = plainIds.some((expert) => isMasked(unavailable, 0, expert));
          if (!isTouched) {
            expect([...ids]).toEqual([...plainIds]);
            expect([...gates]).toEqual([...plainGates]);
            expect([after.marks[row], after.lost[row]]).toEqual([0, 0]);
            continue;
          }
          expect(after.marks[row]! & BITS.unavailable).toBe(BITS.unavailable);
          if (gates[0] === 0) {
            unserved += 1;
            continue;
          }
          for (const [rank, expert] of ids.entries()) if (gates[rank]! > 0 || rank === 0) expect(isMasked(unavailable, 0, expert)).toBe(false);
          // The next best have what the gating gives them; without normalising that is not the mass of the lost ones.
          if (normalise || !order.includes('next-best')) expect(Math.abs(sum(gates) - sum(plainGates))).toBeLessThan(1e-5);
        }
        expect(after.unserved).toBe(unserved);
      }),
      { numRuns: 300 },
    );
  });

  it('serves every row while any expert is left and the ladder has a next best', () => {
    fc.assert(
      fc.property(logitsOf(2), lostExperts.filter((lost) => lost.length < EXPERTS), (logits, lost) => {
        expect(route(logits, lost, { rungs: ['renormalise', 'next-best'], generalist: null }).unserved).toBe(0);
      }),
    );
  });

  it('gives a row the same bits alone and among others', () => {
    fc.assert(
      fc.property(logitsOf(3), lostExperts, rungs, (logits, lost, order) => {
        const together = route(logits, lost, { rungs: order, generalist: 5 });
        for (let row = 0; row < 3; row++) {
          const alone = route(logits.slice(row * EXPERTS, (row + 1) * EXPERTS), lost, { rungs: order, generalist: 5 });
          expect([...alone.expertIds]).toEqual([...together.expertIds.subarray(row * TOP_K, (row + 1) * TOP_K)]);
          expect([...alone.gates]).toEqual([...together.gates.subarray(row * TOP_K, (row + 1) * TOP_K)]);
        }
      }),
    );
  });
});
