import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jensenShannonBiasBits, jensenShannonBits, populationStabilityIndex } from './divergence.ts';
import { correlatedRequest, seededRandom } from './testing/random-requests.ts';

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

describe('jensenShannonBiasBits', () => {
  it('is what two samples of one law show on average', () => {
    const random = seededRandom(3);
    const p = [0.3, 0.25, 0.2, 0.1, 0.1, 0.05];
    let sum = 0;
    for (let run = 0; run < 1500; run += 1) {
      // rho near 0: independent selections, design effect 1.
      sum += jensenShannonBits(correlatedRequest(random, p, 400, 1e-6), correlatedRequest(random, p, 400, 1e-6)) ?? 0;
    }
    expect(sum / 1500 / jensenShannonBiasBits(6, 400, 400)).toBeCloseTo(1, 1);
  });
});

describe('populationStabilityIndex', () => {
  it('is the symmetrised divergence, 0 for equal shares, and bounded by its floor', () => {
    expect(populationStabilityIndex([0.5, 0.5], [0.5, 0.5], 1e-4)).toBe(0);
    // (0.6 - 0.5) ln 1.2 + (0.4 - 0.5) ln 0.8
    expect(populationStabilityIndex([0.6, 0.4], [0.5, 0.5], 1e-4)).toBeCloseTo(0.1 * Math.log(1.2) - 0.1 * Math.log(0.8), 12);
    expect(populationStabilityIndex([1, 0], [0.5, 0.5], 1e-4)).toBeCloseTo(0.5 * Math.log(2) + (1e-4 - 0.5) * Math.log(2e-4), 12);
  });
});
