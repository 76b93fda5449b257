import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adjustedP } from './adjust.ts';
import { bootstrapInterval } from './bootstrap.ts';
import { normalCdf, normalQuantile } from './normal.ts';
import { mcNemarP, pairedShareInterval } from './paired-shares.ts';
import { pairedPermutationP } from './permutation.ts';
import { ratioOf, type RatioItems } from './ratio.ts';
import { seededUniform, xoshiro128 } from './seeded-uniform.ts';

const mean = (values: readonly number[]): RatioItems => ({ numerators: Float64Array.from(values), denominators: new Float64Array(values.length).fill(1) });
const ratio = (numerators: readonly number[], denominators: readonly number[]): RatioItems => ({ numerators: Float64Array.from(numerators), denominators: Float64Array.from(denominators) });
const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 10 });

/** Depression scale factors before and after: Hollander & Wolfe, Nonparametric Statistical Methods, table 3.1; R's ?wilcox.test has them too. */
const BEFORE = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
const AFTER = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];

// Reference values without another source are scipy 1.17.1's.

describe('uniform draws', () => {
  it('are those of the published generator', () => {
    const draw = xoshiro128([1, 2, 3, 4]);
    expect(Array.from({ length: 5 }, draw)).toEqual([11_520, 0, 5_927_040, 70_819_200, 2_031_721_883]);
  });

  it('are even, and others for the next seed', () => {
    const counts = Array.from({ length: 10 }, () => 0);
    const draw = seededUniform(7);
    for (let at = 0; at < 100_000; at += 1) counts[Math.floor(draw() * 10)]! += 1;
    expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9); // chi-squared, 9 degrees, 0.001
    expect(seededUniform(8)()).not.toBe(seededUniform(7)());
  });
});

describe('the normal distribution', () => {
  it('is that of scipy.stats.norm', () => {
    expect(normalCdf(-3.2)).toBeCloseTo(0.0006871379379158471, 14);
    expect(normalCdf(1.1)).toBeCloseTo(0.8643339390536173, 14);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232306167813, 10);
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([-Infinity, Infinity]);
  });
});

describe('the paired permutation test', () => {
  const settings = { draws: 20_000, seed: 3 };

  it('is exact for few items (scipy.stats.permutation_test, all exchanges)', () => {
    expect(pairedPermutationP(mean(BEFORE), mean(AFTER), settings)).toBe(0.02734375);
  });

  it('comes near the exact value for many (scipy, 400,000 exchanges)', () => {
    const left = [...BEFORE, ...BEFORE.map((one) => one + 0.1), ...BEFORE.map((one) => one - 0.05)];
    const right = [...AFTER, ...AFTER.map((one) => one - 0.1), ...AFTER.map((one) => one + 0.9)];
    expect(pairedPermutationP(mean(left), mean(right), settings)).toBeCloseTo(0.1597, 2);
  });

  it('does not depend on which side is which, and finds nothing where there is nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), { minLength: 1, maxLength: 8 }), (pairs) => {
        const [left, right] = [mean(pairs.map(([one]) => one)), mean(pairs.map(([, other]) => other))];
        const p = pairedPermutationP(left, right, settings);
        expect(p).toBe(pairedPermutationP(right, left, settings));
        expect(p).toBeGreaterThanOrEqual(2 ** (1 - pairs.length));
        expect(pairedPermutationP(left, left, settings)).toBe(1);
      }),
      { numRuns: 100 },
    );
  });

  it('keeps its level where both sides are alike', () => {
    const draw = seededUniform(11);
    let rejected = 0;
    for (let trial = 0; trial < 400; trial += 1) {
      const sample = (): number[] => Array.from({ length: 20 }, () => draw() ** 3);
      if (pairedPermutationP(mean(sample()), mean(sample()), { draws: 399, seed: trial }) <= 0.05) rejected += 1;
    }
    expect(rejected).toBeLessThan(34); // 20 expected, 3 standard deviations are 13
  });
});

describe('the bootstrap interval', () => {
  const settings = { resamples: 20_000, seed: 5, level: 0.95 };

  it('is that of scipy.stats.bootstrap with BCa, 400,000 resamples', () => {
    const difference = bootstrapInterval(mean(BEFORE), mean(AFTER), settings);
    expect(difference.low).toBeCloseTo(0.1668, 1.7);
    expect(difference.high).toBeCloseTo(0.6879, 1.7);
    const numerators = [120, 80, 200, 45, 150, 60, 310, 95, 70, 130];
    const denominators = [60, 50, 90, 30, 61, 33, 120, 50, 40, 66];
    const interval = bootstrapInterval(ratio(numerators, denominators), null, settings);
    expect(interval.low).toBeCloseTo(1.887, 1.7);
    expect(interval.high).toBeCloseTo(2.365, 1.7);
  });

  it('has no width where both sides are equal', () => {
    fc.assert(
      fc.property(values, (sample) => {
        expect(bootstrapInterval(mean(sample), mean(sample), { ...settings, resamples: 100 })).toEqual({ low: 0, high: 0 });
      }),
      { numRuns: 50 },
    );
  });

  it('moves with what is added to all items, and stretches with a factor', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: -5, max: 5 }), (sample, shift) => {
        const small = { ...settings, resamples: 200 };
        const plain = bootstrapInterval(mean(sample), null, small);
        const moved = bootstrapInterval(mean(sample.map((one) => 4 * one + shift)), null, small);
        expect(moved.low).toBeCloseTo(4 * plain.low + shift, 6);
        expect(moved.high).toBeCloseTo(4 * plain.high + shift, 6);
        expect(plain.low).toBeLessThanOrEqual(plain.high);
      }),
      { numRuns: 50 },
    );
  });

  it('covers the mean of skewed values nearly as often as it says, less with few items', () => {
    const draw = seededUniform(23);
    const covered = (items: number): number => {
      let count = 0;
      for (let trial = 0; trial < 400; trial += 1) {
        const { low, high } = bootstrapInterval(mean(Array.from({ length: items }, () => -Math.log(1 - draw()))), null, { resamples: 400, seed: trial, level: 0.95 });
        if (low <= 1 && 1 <= high) count += 1;
      }
      return count / 400;
    };
    expect(covered(8)).toBeGreaterThan(0.8);
    expect(covered(40)).toBeGreaterThan(0.9);
  });
});

describe('paired shares', () => {
  it.each([
    [5, 1, 0.21875],
    [10, 2, 0.03857421875],
    [0, 6, 0.03125],
    [7, 7, 1],
    [30, 12, 0.007915897334896727],
    [0, 0, 1],
  ])('have the exact McNemar p of scipy.stats.binomtest: %i gained, %i lost', (gained, lost, p) => {
    expect(mcNemarP({ gained, lost, items: 100 })).toBeCloseTo(p, 12);
  });

  // The likelihood restricted to each difference, maximised numerically with scipy.optimize.
  it.each([
    [0, 1, 44, -0.11807710, 0.05939323],
    [9, 3, 50, -0.01779842, 0.26272550],
    [0, 0, 20, -0.16112517, 0.16112517],
    [12, 2, 30, 0.09982766, 0.53457300],
    [3, 3, 40, -0.14024676, 0.14024676],
  ])('have the score interval: %i gained, %i lost of %i', (gained, lost, items, low, high) => {
    const interval = pairedShareInterval({ gained, lost, items });
    expect(interval.low).toBeCloseTo(low, 6);
    expect(interval.high).toBeCloseTo(high, 6);
  });

  it('mirror when the sides change places, and hold the difference', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(30), fc.integer({ min: 1, max: 40 }), (gained, lost, same) => {
        const items = gained + lost + same;
        const one = pairedShareInterval({ gained, lost, items });
        const other = pairedShareInterval({ gained: lost, lost: gained, items });
        expect(one.low).toBeCloseTo(-other.high, 8);
        expect(one.low).toBeLessThanOrEqual((gained - lost) / items);
        expect(one.high).toBeGreaterThanOrEqual((gained - lost) / items);
        expect(Math.max(Math.abs(one.low), Math.abs(one.high))).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('adjusted p-values', () => {
  /** Table of Benjamini & Hochberg 1995, section 4.2: 15 p-values, of which the procedure rejects 4 at 0.05, Holm's 3. */
  const PUBLISHED = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1];

  it('reject what the published example rejects', () => {
    expect(adjustedP(PUBLISHED, 'benjamini-hochberg').filter((p) => p <= 0.05)).toHaveLength(4);
    expect(adjustedP(PUBLISHED, 'holm').filter((p) => p <= 0.05)).toHaveLength(3);
  });

  it('are those of scipy.stats.false_discovery_control', () => {
    const wanted = [0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.0638571, 0.0638571, 0.0645, 0.0765, 0.486, 0.581182, 0.714875, 0.753231, 0.813214, 1];
    for (const [at, p] of adjustedP(PUBLISHED.toReversed(), 'benjamini-hochberg').toReversed().entries()) expect(p).toBeCloseTo(wanted[at]!, 5);
  });

  it('are never below the plain ones, and Holm never below Benjamini-Hochberg', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }), (pValues) => {
        const holm = adjustedP(pValues, 'holm');
        for (const [at, p] of adjustedP(pValues, 'benjamini-hochberg').entries()) {
          expect(p).toBeGreaterThanOrEqual(pValues[at]! - 1e-12);
          expect(holm[at]).toBeGreaterThanOrEqual(p - 1e-12);
          expect(holm[at]).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

it('a ratio is of sums, not a mean of ratios', () => {
  expect(ratioOf(ratio([1, 9], [1, 3]))).toBe(2.5);
});
