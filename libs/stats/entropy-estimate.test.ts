import { describe, expect, it } from 'vitest';
import { clusteredCounts } from './design-effect.ts';
import { estimateEntropy } from './entropy-estimate.ts';
import { entropyOfShares } from './entropy.ts';
import { correlatedRequest, seededRandom } from './testing/random-requests.ts';

function coverage(p: readonly number[], requests: number, rho: number, runs: number, seed: number): { covered: number; meanError: number } {
  const random = seededRandom(seed);
  const truth = entropyOfShares(p);
  let covered = 0;
  let error = 0;
  for (let run = 0; run < runs; run += 1) {
    const sample = Array.from({ length: requests }, () => correlatedRequest(random, p, 60, rho));
    const estimate = estimateEntropy(clusteredCounts(sample, p.length), 1)!;
    error += (estimate.entropyBits - truth) / runs;
    if (estimate.interval!.low <= truth && truth <= estimate.interval!.high) covered += 1;
  }
  return { covered: covered / runs, meanError: error };
}

describe('entropy estimate', () => {
  const skewed = [0.35, 0.2, 0.15, 0.1, 0.08, 0.06, 0.04, 0.02];

  it('covers the truth about as often as promised when requests are correlated inside', () => {
    for (const [rho, seed] of [[0.02, 21], [0.1, 22], [0.3, 23]] as const) {
      const { covered, meanError } = coverage(skewed, 80, rho, 400, seed);
      expect(covered).toBeGreaterThan(0.91);
      expect(covered).toBeLessThan(0.99);
      expect(Math.abs(meanError)).toBeLessThan(0.01);
    }
  });

  it('still covers near equal shares, where the first-order variance vanishes', () => {
    const { covered } = coverage(Array.from({ length: 8 }, () => 1 / 8), 80, 0.1, 400, 24);
    expect(covered).toBeGreaterThan(0.95);
  });

  it('counts too few where it ignores the clusters: the naive interval misses', () => {
    const random = seededRandom(25);
    const sample = Array.from({ length: 80 }, () => correlatedRequest(random, skewed, 60, 0.3));
    expect(estimateEntropy(clusteredCounts(sample, 8), 1)!.designEffect).toBeGreaterThan(10);
  });

  it('has no interval from one request, and nothing at all from none', () => {
    const one = estimateEntropy(clusteredCounts([[4, 4]], 2), 1)!;
    expect(one.interval).toBeNull();
    expect(one.entropyBits).toBe(1);
    expect(estimateEntropy(clusteredCounts([], 0), 1)).toBeNull();
  });

  it('is the same for a single expert: 0 bits, one effective expert', () => {
    const estimate = estimateEntropy(clusteredCounts([[5], [7]], 1), 1)!;
    expect(estimate).toMatchObject({ entropyBits: 0, effectiveExperts: 1, normalised: 1 });
    expect(estimate.interval).toEqual({ low: 0, high: 0, level: 0.95 });
  });
});

describe('entropy of a mixture of domains', () => {
  // Usage of layer 3 of the demo model by domain, from its card: requests differ in whole directions.
  const domains = [
    [73, 25, 341, 202, 23, 241, 63, 32], [105, 487, 49, 22, 77, 126, 30, 104], [58, 78, 65, 58, 66, 190, 25, 460], [50, 26, 24, 5, 453, 386, 22, 34],
    [315, 33, 331, 151, 24, 74, 36, 37], [356, 55, 237, 121, 47, 77, 50, 56], [13, 18, 45, 405, 25, 12, 445, 37], [11, 44, 164, 192, 137, 21, 382, 50],
  ].map((load) => load.map((count) => count / load.reduce((a, b) => a + b, 0)));

  it('is covered too, though the design effect is an average over directions', () => {
    const random = seededRandom(41);
    // Traffic that leans on two of the domains, so that the total is not even.
    const weights = [0.4, 0.3, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05];
    const truth = entropyOfShares(domains[0]!.map((_, j) => weights.reduce((sum, weight, d) => sum + weight * domains[d]![j]!, 0)));
    let covered = 0;
    const runs = 300;
    for (let run = 0; run < runs; run += 1) {
      const sample = Array.from({ length: 150 }, () => {
        let left = random();
        const domain = weights.findIndex((weight) => (left -= weight) < 0);
        return correlatedRequest(random, domains[domain === -1 ? 7 : domain]!, 60, 0.02);
      });
      const { interval } = estimateEntropy(clusteredCounts(sample, 8), 1)!;
      if (interval!.low <= truth && truth <= interval!.high) covered += 1;
    }
    expect(covered / runs).toBeGreaterThan(0.9);
  });
});
