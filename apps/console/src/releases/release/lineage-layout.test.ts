import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutLineage, type LineageRelease } from './lineage-layout.ts';

const release = (releaseId: string, parent: string | null, age: number): LineageRelease => ({ releaseId, parent, createdAt: new Date(age * 1000).toISOString() });

/** A forest: each release descends from an earlier one, or from none that is there. */
const forest = fc.array(fc.nat({ max: 30 }), { maxLength: 40 }).map((picks) => picks.map((pick, at) => release(`r${at}`, pick % 7 === 0 ? (pick % 2 === 0 ? null : 'elsewhere') : at === 0 ? null : `r${pick % at}`, at)));

describe('layoutLineage', () => {
  it('keeps a chain in one row and begins a row for a second child', () => {
    const { nodes, edges, columns, rows } = layoutLineage([release('d', 'b', 4), release('a', null, 1), release('b', 'a', 2), release('c', 'a', 3)]);
    expect(nodes).toEqual([
      { releaseId: 'a', column: 0, row: 0 },
      { releaseId: 'b', column: 1, row: 0 },
      { releaseId: 'd', column: 2, row: 0 },
      { releaseId: 'c', column: 1, row: 1 },
    ]);
    expect(edges.map(({ from, to }) => `${from.releaseId} ${to.releaseId}`)).toEqual(['a b', 'b d', 'a c']);
    expect({ columns, rows }).toEqual({ columns: 3, rows: 2 });
  });

  it('is empty without releases', () => {
    expect(layoutLineage([])).toEqual({ nodes: [], edges: [], columns: 0, rows: 0 });
  });

  it('places each release once, right of its parent, never two in one place', () => {
    fc.assert(
      fc.property(forest, (releases) => {
        const { nodes, edges, columns, rows } = layoutLineage(releases);
        expect(nodes.map(({ releaseId }) => releaseId).toSorted()).toEqual(releases.map(({ releaseId }) => releaseId).toSorted());
        expect(new Set(nodes.map(({ column, row }) => `${column} ${row}`)).size).toBe(nodes.length);
        for (const { from, to } of edges) {
          expect(to.column).toBe(from.column + 1);
          expect(to.row).toBeGreaterThanOrEqual(from.row);
        }
        expect(nodes.every(({ column, row }) => column < columns && row < rows)).toBe(true);
      }),
    );
  });

  it('is the same in whatever order the releases come', () => {
    fc.assert(
      fc.property(forest, (releases) => {
        expect(layoutLineage(releases.toReversed())).toEqual(layoutLineage(releases));
      }),
    );
  });
});
