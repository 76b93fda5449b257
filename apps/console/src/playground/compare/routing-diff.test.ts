import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffRouting, type RoutedToken } from './routing-diff.ts';

const token = (row: number, tokenId: number | null, experts: number[][], choice: number | null = null): RoutedToken => ({ row, choice, tokenId, text: tokenId === null ? null : `t${tokenId}`, experts });

const decision = fc.uniqueArray(fc.nat({ max: 7 }), { minLength: 2, maxLength: 2 });
const trace = fc.array(fc.record({ tokenId: fc.nat({ max: 2 }), experts: fc.array(decision, { minLength: 3, maxLength: 3 }) }), { maxLength: 12 }).map((rows) => rows.map(({ tokenId, experts }, row) => token(row, tokenId, experts)));

describe('diffRouting', () => {
  it('counts decisions by their sets of experts, on the text that both share', () => {
    const a = [token(0, 1, [[0, 1], [2, 3]]), token(1, 2, [[0, 1], [2, 3]], 0), token(2, 3, [[4, 5], [6, 7]], 0)];
    const b = [token(0, 1, [[1, 0], [2, 3]]), token(1, 2, [[0, 1], [2, 5]], 0), token(2, 9, [[0, 1], [0, 1]], 0)];
    expect(diffRouting(a, b)).toEqual({
      rows: [
        { row: 0, text: 't1', isPrompt: true, layers: [] },
        { row: 1, text: 't2', isPrompt: false, layers: [{ layer: 1, a: [2, 3], b: [2, 5] }] },
      ],
      layers: [
        { layer: 0, decisions: 2, differing: 0, selectionShare: 0 },
        { layer: 1, decisions: 2, differing: 1, selectionShare: 0.25 },
      ],
      decisions: 4,
      differing: 1,
      first: { row: 1, layer: 1 },
      partsAtRow: 2,
    });
  });

  it('finds nothing between a trace and itself', () => {
    fc.assert(
      fc.property(trace, (a) => {
        const { differing, first, partsAtRow, rows } = diffRouting(a, a);
        expect([differing, first, partsAtRow, rows.length]).toEqual([0, null, null, a.length]);
      }),
    );
  });

  it('says the same of either order, and no share leaves 0 to 1', () => {
    fc.assert(
      fc.property(trace, trace, (a, b) => {
        const [one, other] = [diffRouting(a, b), diffRouting(b, a)];
        expect([one.differing, one.first, one.partsAtRow, one.layers]).toEqual([other.differing, other.first, other.partsAtRow, other.layers]);
        for (const { selectionShare, differing, decisions } of one.layers) {
          expect(selectionShare >= 0 && selectionShare <= 1).toBe(true);
          expect(differing).toBeLessThanOrEqual(decisions);
        }
      }),
    );
  });

  it('compares prompts alone where token ids were not captured', () => {
    const a = [token(0, null, [[0, 1]]), token(1, null, [[0, 1]], 0)];
    expect(diffRouting(a, a)).toMatchObject({ decisions: 1, partsAtRow: 1 });
  });
});
