import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { empiricalBernsteinUpper } from './empirical-bernstein.ts';
import { seededRandom } from './testing/random-requests.ts';

it('gives the published bound on a case worked by hand', () => {
  // 0, 1, 0, 1 in [0, 1] at 0.05: mean 1/2, V = 1/3, ln 40 = 3.688879.
  const log = Math.log(40);
  expect(empiricalBernsteinUpper([0, 1, 0, 1], 1, 0.05)).toBeCloseTo(0.5 + Math.sqrt(((2 / 3) * log) / 4) + (7 * log) / 9, 12);
});

it('scales with its values, shrinks with more of them, and is never below the mean', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 50 }), fc.double({ min: 1e-6, max: 0.5, noNaN: true }), (values, level) => {
      const bound = empiricalBernsteinUpper(values, 1, level);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      expect(bound).toBeGreaterThanOrEqual(mean);
      expect(empiricalBernsteinUpper(values.map((value) => 3 * value - 1), 3, level)).toBeCloseTo(3 * bound - 1, 6);
      expect(empiricalBernsteinUpper([...values, ...values, ...values], 1, level)).toBeLessThan(bound);
      expect(empiricalBernsteinUpper(values, 1, level / 2)).toBeGreaterThan(bound);
    }),
  );
});

it('holds as often as it says, for skewed values', () => {
  const random = seededRandom(11);
  let failed = 0;
  for (let run = 0; run < 2000; run += 1) {
    const values = Array.from({ length: 200 }, () => random() ** 8);
    if (empiricalBernsteinUpper(values, 1, 0.05) < 1 / 9) failed += 1;
  }
  expect(failed / 2000).toBeLessThanOrEqual(0.05);
});

it('needs two values', () => {
  expect(() => empiricalBernsteinUpper([1], 1, 0.05)).toThrow(RangeError);
});
