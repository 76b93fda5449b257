import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { balancedness, coefficientOfVariation, deadExperts, gini, maxViolation, utilisation } from './balance.ts';

const loads = fc.array(fc.nat(1000), { minLength: 1, maxLength: 64 }).filter((load) => load.some((count) => count > 0));

describe('balance', () => {
  it('gives hand-computed values for loads 4, 2, 1, 1', () => {
    expect(maxViolation([4, 2, 1, 1])).toBe(1);
    expect(coefficientOfVariation([4, 2, 1, 1])).toBeCloseTo(Math.sqrt(1.5) / 2, 12);
    expect(balancedness([4, 2, 1, 1])).toBe(0.5);
    expect(gini([4, 2, 1, 1])).toBeCloseTo(0.3125, 12);
    expect(utilisation([4, 2, 1, 1])).toEqual([2, 1, 0.5, 0.5]);
  });

  it('gives the textbook Gini of 1, 2, 3, 4: one quarter', () => {
    expect(gini([1, 2, 3, 4])).toBeCloseTo(0.25, 12);
  });

  it('keeps its bounds, and finds all of them at the extremes', () => {
    fc.assert(
      fc.property(loads, (load) => {
        expect(maxViolation(load)).toBeGreaterThanOrEqual(-1e-12);
        expect(maxViolation(load)).toBeLessThanOrEqual(load.length - 1 + 1e-9);
        expect(balancedness(load)).toBeCloseTo(1 / (1 + maxViolation(load)!), 9);
        expect(gini(load)).toBeGreaterThanOrEqual(-1e-12);
        expect(gini(load)).toBeLessThanOrEqual((load.length - 1) / load.length + 1e-12);
        expect(coefficientOfVariation(load)).toBeLessThanOrEqual(Math.sqrt(load.length - 1) + 1e-9);
      }),
    );
    expect(maxViolation([0, 0, 9, 0])).toBe(3);
    expect(gini([0, 0, 9, 0])).toBe(0.75);
    expect(maxViolation([3, 3, 3])).toBe(0);
  });

  it('names dead experts, but none where nothing was counted', () => {
    expect(deadExperts([1, 0, 2, 0])).toEqual([1, 3]);
    expect(deadExperts([0, 0])).toEqual([]);
    expect(maxViolation([0, 0])).toBeNull();
    expect(coefficientOfVariation([0, 0])).toBeNull();
    expect(balancedness([0, 0])).toBeNull();
    expect(gini([0, 0])).toBeNull();
  });
});
