import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { studentQuantile, studentTail } from './student-t.ts';

it.each([
  // Printed tables of the distribution: degrees, one-sided tail, t.
  [1, 0.025, 12.7062],
  [2, 0.025, 4.30265],
  [5, 0.05, 2.01505],
  [10, 0.025, 2.22814],
  [30, 0.005, 2.75],
  [120, 0.025, 1.97993],
])('meets the tables at %f degrees and a tail of %f', (degrees, tail, t) => {
  expect(studentQuantile(tail, degrees)).toBeCloseTo(t, 4);
  expect(studentTail(t, degrees)).toBeCloseTo(tail, 5);
});

it('has the closed forms of one and two degrees', () => {
  fc.assert(
    fc.property(fc.double({ min: -50, max: 50, noNaN: true }), (t) => {
      expect(studentTail(t, 1)).toBeCloseTo(0.5 - Math.atan(t) / Math.PI, 7);
      expect(studentTail(t, 2)).toBeCloseTo(0.5 - t / (2 * Math.sqrt(2 + t * t)), 7);
    }),
  );
});

it('turns a tail into its quantile and back, and is symmetric', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 0.999, noNaN: true }), fc.double({ min: 1, max: 500, noNaN: true }), (tail, degrees) => {
      const t = studentQuantile(tail, degrees);
      expect(studentTail(t, degrees)).toBeCloseTo(tail, 9);
      expect(studentTail(-t, degrees)).toBeCloseTo(1 - tail, 9);
    }),
  );
});
