import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusteredCounts, designEffect, designEffectFloor } from './design-effect.ts';
import { shares, total } from './entropy.ts';
import { correlatedRequest, seededRandom } from './testing/random-requests.ts';

/** Sum over experts of the delete-one-request jackknife variance of the shares. */
function jackknifeVariance(requests: readonly (readonly number[])[]): number {
  const experts = requests[0]!.length;
  const all = clusteredCounts(requests, experts).load;
  const replicates = requests.map((left) => shares(all.map((count, j) => count - left[j]!)));
  let sum = 0;
  for (let j = 0; j < experts; j += 1) {
    const mean = replicates.reduce((a, p) => a + p[j]!, 0) / requests.length;
    sum += replicates.reduce((a, p) => a + (p[j]! - mean) ** 2, 0);
  }
  return (sum * (requests.length - 1)) / requests.length;
}

function simulated(seed: number, requests: number, rho: number): number[][] {
  const random = seededRandom(seed);
  const p = [0.25, 0.2, 0.15, 0.1, 0.1, 0.1, 0.05, 0.05];
  return Array.from({ length: requests }, () => correlatedRequest(random, p, 40 + Math.floor(random() * 120), rho));
}

describe('design effect', () => {
  it('equals a hand-computed value: two requests that use one expert each double a sample of two', () => {
    // n=4, p=(1/2,1/2): clustered = 2/1 * (1/16) * (4+4 - 2*(4*.5+4*.5) + .5*8) = 1/2, independent = .5/4.
    expect(designEffect(clusteredCounts([[2, 0], [0, 2]], 2), 0.1)).toBeCloseTo(4, 12);
  });

  it('agrees with the request jackknife within 5 %', () => {
    for (const [seed, rho] of [[1, 0.01], [2, 0.05], [3, 0.3]] as const) {
      const requests = simulated(seed, 400, rho);
      const counts = clusteredCounts(requests, 8);
      const n = total(counts.load);
      const independent = shares(counts.load).reduce((sum, p) => sum + p * (1 - p), 0) / n;
      const jackknife = jackknifeVariance(requests) / independent;
      expect(designEffect(counts, 0.1)! / jackknife).toBeGreaterThan(0.95);
      expect(designEffect(counts, 0.1)! / jackknife).toBeLessThan(1.05);
    }
  });

  it('finds 1 + (n - 1) rho for requests of equal length (Rao & Scott 1981)', () => {
    const random = seededRandom(11);
    const requests = Array.from({ length: 3000 }, () => correlatedRequest(random, [0.4, 0.3, 0.2, 0.1], 50, 0.1));
    expect(designEffect(clusteredCounts(requests, 4), 0.1)! / (1 + 49 * 0.1)).toBeCloseTo(1, 1);
  });

  it('is null for one request and never below the floor', () => {
    expect(designEffect(clusteredCounts([[3, 4]], 2), 0.5)).toBeNull();
    const vectors = fc.array(fc.array(fc.nat(50), { minLength: 4, maxLength: 4 }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(vectors, (requests) => {
        const effect = designEffect(clusteredCounts(requests, 4), 0.5);
        if (effect !== null) expect(effect).toBeGreaterThanOrEqual(0.5);
      }),
    );
  });

  it('adds up: sums over a split of the requests give the same as the whole', () => {
    const requests = simulated(5, 60, 0.1);
    const whole = clusteredCounts(requests, 8);
    const left = clusteredCounts(requests.slice(0, 20), 8);
    const right = clusteredCounts(requests.slice(20), 8);
    expect(left.sumSquaresCells + right.sumSquaresCells).toBe(whole.sumSquaresCells);
    expect(left.crossLoad.map((value, j) => value + right.crossLoad[j]!)).toEqual(whole.crossLoad);
  });

  it('takes the finite population correction as floor', () => {
    expect(designEffectFloor(8, 2)).toBeCloseTo(6 / 7, 12);
    expect(designEffectFloor(8, 8)).toBe(0.05);
    expect(designEffectFloor(1, 1)).toBe(1);
  });
});
