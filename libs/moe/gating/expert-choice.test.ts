import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseByExpert, type ExpertChoices } from './expert-choice.ts';

function choose(logits: readonly (readonly number[])[], topK: number, tokens: number, open: readonly (readonly number[])[] = logits.map((row) => row.map(() => 1))): ExpertChoices {
  const rows = logits.length;
  const experts = logits[0]!.length;
  const into = { expertIds: new Uint16Array(rows * topK), gates: new Float32Array(rows * topK), served: new Uint16Array(rows), lost: new Float32Array(rows) };
  chooseByExpert(Float64Array.from(logits.flat()), Uint8Array.from(open.flat()), rows, experts, topK, tokens, into);
  return into;
}

describe('expert choice', () => {
  it('gives the reference values', () => {
    // numpy 2.4.6: S = softmax by row; each column's two largest: expert 0 rows 2, 0; expert 1 rows 3, 0; expert 2 rows 1, 3.
    const { expertIds, gates, served, lost } = choose([[1, 0.2, -0.5], [0.3, 0.1, 0.9], [2, -1, 0.4], [0, 0.6, 0.5]], 2, 2);
    expect([...served]).toEqual([2, 1, 1, 2]);
    expect([...expertIds]).toEqual([0, 1, 2, 2, 0, 0, 1, 2]);
    const wanted = [0.5979219375, 0.2686636448, 0.5004652825, 0, 0.798923954, 0, 0.407556247, 0.3687721423];
    for (const [at, gate] of wanted.entries()) expect(gates[at]).toBeCloseTo(gate, 6);
    expect([...lost]).toEqual([0, 0, 0, 0]);
  });

  it('fills every expert with its best rows and keeps the best picks of each row', () => {
    const matrices = fc.record({ rows: fc.integer({ min: 1, max: 9 }), experts: fc.integer({ min: 1, max: 6 }) }).chain(({ rows, experts }) =>
      fc.record({
        logits: fc.array(fc.array(fc.integer({ min: -48, max: 48 }).map((x) => x / 16), { minLength: experts, maxLength: experts }), { minLength: rows, maxLength: rows }),
        tokens: fc.integer({ min: 1, max: rows }),
        topK: fc.integer({ min: 1, max: experts }),
      }),
    );
    fc.assert(
      fc.property(matrices, ({ logits, tokens, topK }) => {
        const { expertIds, gates, served, lost } = choose(logits, topK, tokens);
        const shares = logits.map((row) => row.map((x) => Math.exp(x) / row.reduce((sum, y) => sum + Math.exp(y), 0)));
        // Shares that are equal but for rounding have no order that the formula gives; equal rows have a test of their own.
        const columns = shares[0]!.map((_, expert) => shares.map((own) => own[expert]!));
        fc.pre([...shares, ...columns].every((list) => new Set(list.map((share) => share.toFixed(9))).size === list.length));
        for (const [row, own] of shares.entries()) {
          // A row is picked where fewer than `tokens` rows are before it in the expert's order.
          const picks = own.map((_, expert) => expert).filter((expert) => shares.filter((other) => other[expert]! > own[expert]!).length < tokens);
          const kept = picks.toSorted((a, b) => own[b]! - own[a]!).slice(0, topK);
          expect([...expertIds.subarray(row * topK, row * topK + served[row]!)]).toEqual(kept);
          for (const [rank, expert] of kept.entries()) expect(gates[row * topK + rank]).toBeCloseTo(own[expert]!, 6);
          expect(lost[row]).toBeCloseTo(picks.reduce((sum, expert) => sum + own[expert]!, 0) - kept.reduce((sum, expert) => sum + own[expert]!, 0), 5);
        }
      }),
    );
  });

  it('leaves ties to the lowest row', () => {
    const { served } = choose([[1, 0], [1, 0], [1, 0]], 2, 2);
    expect([...served]).toEqual([2, 2, 0]);
  });

  it('lets no closed expert pick a row', () => {
    const { expertIds, served } = choose([[5, 0, 0], [5, 0, 0]], 2, 2, [[0, 1, 1], [1, 1, 1]]);
    expect([...expertIds.subarray(0, served[0])]).toEqual([1, 2]);
    expect(expertIds[2]).toBe(0);
  });
});
