import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { eBenjaminiHochberg } from './e-benjamini-hochberg.ts';

it('rejects the largest set that its evidence carries', () => {
  // m = 4, level 0.1: 40 for the first, 20 each for two, 13.3 each for three, 10 each for four.
  expect(eBenjaminiHochberg([39, 1, 1, 1], 0.1)).toEqual([]);
  expect(eBenjaminiHochberg([40, 1, 1, 1], 0.1)).toEqual([0]);
  expect(eBenjaminiHochberg([19, 1, 1, 25], 0.1)).toEqual([]);
  expect(eBenjaminiHochberg([20, 1, 1, 25], 0.1)).toEqual([0, 3]);
  expect(eBenjaminiHochberg([10, 10, 10, 10], 0.1)).toEqual([0, 1, 2, 3]);
  expect(eBenjaminiHochberg([], 0.1)).toEqual([]);
});

it('is the Benjamini-Hochberg procedure on 1/e, and rejects more when evidence grows', () => {
  const evidence = fc.array(fc.double({ min: 0.01, max: 1000, noNaN: true }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(evidence, fc.nat(29), (eValues, at) => {
      const rejected = eBenjaminiHochberg(eValues, 0.1);
      const sorted = eValues.map((e) => 1 / e).toSorted((a, b) => a - b);
      const last = sorted.findLastIndex((p, rank) => p <= ((rank + 1) * 0.1) / eValues.length);
      const limit = sorted[last];
      expect(rejected).toHaveLength(limit === undefined ? 0 : last + 1);
      const more = eValues.map((e, index) => (index === at ? e * 2 : e));
      expect(eBenjaminiHochberg(more, 0.1)).toEqual(expect.arrayContaining(rejected));
    }),
  );
});
