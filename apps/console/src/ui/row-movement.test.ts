import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowAfter } from './row-movement.ts';

describe('rowAfter', () => {
  it('goes by one, by a page, and to the ends', () => {
    const at = (key: string): number | null => rowAfter(key, 50, { rows: 100, page: 20 });
    expect(['ArrowDown', 'ArrowUp', 'PageDown', 'PageUp', 'Home', 'End'].map(at)).toEqual([51, 49, 70, 30, 0, 99]);
  });

  it('begins at an end, and leaves other keys alone', () => {
    expect(rowAfter('ArrowDown', -1, { rows: 3, page: 2 })).toBe(0);
    expect(rowAfter('ArrowUp', -1, { rows: 3, page: 2 })).toBe(2);
    expect(rowAfter('a', 1, { rows: 3, page: 2 })).toBeNull();
    expect(rowAfter('toString', 1, { rows: 3, page: 2 })).toBeNull();
    expect(rowAfter('End', 0, { rows: 0, page: 2 })).toBeNull();
  });

  it('never leaves the rows', () => {
    fc.assert(
      fc.property(fc.constantFrom('ArrowDown', 'ArrowUp', 'PageDown', 'PageUp', 'Home', 'End'), fc.integer({ min: 1, max: 1000 }), fc.integer({ min: -1, max: 999 }), fc.integer({ min: 1, max: 50 }), (key, rows, row, page) => {
        const next = rowAfter(key, Math.min(row, rows - 1), { rows, page });
        expect(next).toBeGreaterThanOrEqual(0);
        expect(next).toBeLessThan(rows);
      }),
    );
  });
});
