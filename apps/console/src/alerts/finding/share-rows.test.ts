import { expect, it } from 'vitest';
import { drawnRows, shareRows } from './share-rows.ts';

const NAMED = [{ expert: 2, share: 0.5, baselineShare: 0.1, eValue: 9 }, { expert: 0, share: null, baselineShare: null, eValue: null }];

it('compares the usage, and takes the finding where there is none', () => {
  const rows = shareRows(NAMED, [0.2, 0.3, 0.5], [0.5, 0.4, 0.1]);
  expect(rows.map(({ expert, moved, isNamed }) => [expert, Number(moved.toFixed(3)), isNamed])).toEqual([[0, -0.3, true], [1, -0.1, false], [2, 0.4, true]]);
  expect(shareRows(NAMED, null, [0.5, 0.5])).toEqual([{ expert: 2, now: 0.5, before: 0.1, moved: 0.4, isNamed: true }]);
  expect(shareRows(NAMED, [1], [0.5, 0.5])).toHaveLength(1);
});

it('draws the named ones and those that moved most, in order', () => {
  const rows = shareRows(NAMED, [0.2, 0.3, 0.5], [0.5, 0.4, 0.1]);
  expect(drawnRows(rows, 2).map(({ expert }) => expert)).toEqual([0, 2]);
  expect(drawnRows(rows, 3)).toBe(rows);
});
