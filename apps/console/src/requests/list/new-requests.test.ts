import { expect, it } from 'vitest';
import { countNew } from './new-requests.ts';

const at = (second: number) => ({ requestId: `r${second}`, at: `2026-03-10T12:00:${String(second).padStart(2, '0')}.000Z` });

it('counts what came since, also what was admitted before others that are there already', () => {
  expect(countNew([at(9), at(5)], [at(10), at(9), at(7), at(5)])).toBe(2);
});

it('does not count what is older than all that is loaded', () => {
  expect(countNew([at(9), at(5)], [at(9), at(5), at(4)])).toBe(0);
  expect(countNew([], [at(4)])).toBe(1);
});
