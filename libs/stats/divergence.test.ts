import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jensenShannonBits } from './divergence.ts';

describe('Jensen-Shannon divergence', () => {
  it('is 1 bit for disjoint use and, by hand, .3113 bit for (1, 0) against (1/2, 1/2)', () => {
    expect(jensenShannonBits([3, 0], [0, 8])).toBe(1);
    expect(jensenShannonBits([2, 0], [1, 1])).toBeCloseTo(0.311278, 6);
  });

  it('is symmetric, bounded and 0 for equal shares', () => {
    const vector = fc.array(fc.nat(100), { minLength: 6, maxLength: 6 }).filter((load) => load.some((count) => count > 0));
    fc.assert(
      fc.property(vector, vector, (left, right) => {
        const bits = jensenShannonBits(left, right)!;
        expect(bits).toBeCloseTo(jensenShannonBits(right, left)!, 12);
        expect(bits).toBeGreaterThanOrEqual(0);
        expect(bits).toBeLessThanOrEqual(1);
        expect(jensenShannonBits(left, left.map((count) => count * 3))).toBeCloseTo(0, 12);
      }),
    );
  });

  it('is null for an empty side and refuses unequal lengths', () => {
    expect(jensenShannonBits([0, 0], [1, 2])).toBeNull();
    expect(() => jensenShannonBits([1], [1, 2])).toThrow(/vectors of 1 and 2 experts/);
  });
});
