import { expect, it } from 'vitest';
import { sliceShare } from './route-slice.ts';

/** Two rows, two layers, top-2. */
const rows = { layers: 2, topK: 2, rows: 2, expertIds: Uint16Array.of(0, 1, 2, 3, 1, 2, 0, 3) };

it('counts decisions of the layers named, not of all', () => {
  expect(sliceShare(['expert/0/0'], rows)).toBe(0.5);
  expect(sliceShare(['expert/0/1'], rows)).toBe(1);
  expect(sliceShare(['expert/0/0', 'expert/1/2'], rows)).toBe(0.5);
  expect(sliceShare(['expert/0/0', 'expert/0/2'], rows)).toBe(1);
});

it('finds nothing in what is not there', () => {
  expect(sliceShare(['expert/7/0', 'router/0'], rows)).toBe(0);
  expect(sliceShare(['expert/0/0'], { ...rows, rows: 0 })).toBe(0);
});
