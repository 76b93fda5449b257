import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areaUnderCurve } from '../roc/auc.ts';
import { discreteLaplace, discreteLaplaceLogProb } from './discrete-laplace.ts';
import { noiseScale, privateCounts, sharesOfPrivateCounts } from './private-counts.ts';
import { type RandomBytes, uniformFrom } from './random-bytes.ts';

/** The same bytes for the same seed. */
function seeded(seed: number): RandomBytes {
  let block = 0;
  let left = Buffer.alloc(0);
  return uniformFrom((count) => {
    while (left.length < count) {
      left = Buffer.concat([left, createHash('sha512').update(`${seed}/${block}`).digest()]);
      block += 1;
    }
    const taken = left.subarray(0, count);
    left = left.subarray(count);
    return taken;
  });
}

const DRAWS = 20_000;

describe('discrete Laplace noise', () => {
  it.each([[1, 1], [1, 4], [3, 2]])('has the variance and the probabilities of its definition at s = %i, t = %i', (s, t) => {
    const random = seeded(s * 100 + t);
    const draws = Array.from({ length: DRAWS }, () => discreteLaplace(s, t, random));
    const rate = s / t;
    // Closed form of the two-sided geometric distribution: 2 e^-r / (1 - e^-r)^2; at r = 1 that is 1.8413...
    const variance = (2 * Math.exp(-rate)) / (1 - Math.exp(-rate)) ** 2;
    if (rate === 1) expect(variance).toBeCloseTo(1.841347, 5);
    expect(draws.reduce((sum, x) => sum + x * x, 0) / DRAWS / variance).toBeGreaterThan(0.92);
    expect(draws.reduce((sum, x) => sum + x * x, 0) / DRAWS / variance).toBeLessThan(1.08);
    for (const x of [-2, -1, 0, 1, 2]) {
      const expected = Math.exp(discreteLaplaceLogProb(x, s, t));
      const error = 4 * Math.sqrt((expected * (1 - expected)) / DRAWS);
      expect(Math.abs(draws.filter((draw) => draw === x).length / DRAWS - expected)).toBeLessThan(error);
    }
  });

  it('sums to 1', () => {
    let sum = 0;
    for (let x = -400; x <= 400; x += 1) sum += Math.exp(discreteLaplaceLogProb(x, 1, 8));
    expect(sum).toBeCloseTo(1, 10);
  });

  it('refuses scales that it cannot draw', () => {
    expect(() => discreteLaplace(0, 1, seeded(1))).toThrow(/s is 0/);
    expect(() => discreteLaplace(1, 2 ** 25, seeded(1))).toThrow(/t is/);
  });
});

describe('counts with differential privacy', () => {
  it('are as likely with a request as without it, up to e^epsilon, whatever comes out', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 6 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: -40, max: 70 })), { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(5), { minLength: 6, maxLength: 6 }),
        (epsilonThousandths, sensitivity, cells, places) => {
          // A neighbour: one request spread its sensitivity over the cells.
          const without = cells.map(([count]) => count);
          const withIt = [...without];
          for (let unit = 0; unit < sensitivity; unit += 1) withIt[places[unit]! % withIt.length]! += 1;
          const logProb = (counts: readonly number[]) => cells.reduce((sum, [, out], at) => sum + discreteLaplaceLogProb(out - counts[at]!, epsilonThousandths, sensitivity * 1000), 0);
          expect(Math.abs(logProb(withIt) - logProb(without))).toBeLessThanOrEqual(epsilonThousandths / 1000 + 1e-9);
        },
      ),
    );
  });

  it('are the counts and noise of the scale that is told', () => {
    const privacy = { epsilonThousandths: 500, sensitivity: 4 };
    expect(noiseScale(privacy)).toBe(8);
    const out = privateCounts(Array.from({ length: 4000 }, () => 1000), privacy, seeded(7));
    expect(out.every(Number.isInteger)).toBe(true);
    expect(out.reduce((sum, count) => sum + Math.abs(count - 1000), 0) / out.length).toBeGreaterThan(7);
    expect(out.reduce((sum, count) => sum + Math.abs(count - 1000), 0) / out.length).toBeLessThan(9);
    expect(sharesOfPrivateCounts([-3, 1, 3])).toEqual([0, 0.25, 0.75]);
    expect(sharesOfPrivateCounts([-3])).toEqual([0]);
  });

  it('keep the membership attack near chance, where exact sums give it away', () => {
    // Sums over 20 requests of 16 decisions among 8 experts; the attacker knows the request and all others.
    const random = seeded(11);
    const request = [9, 4, 3, 0, 0, 0, 0, 0];
    const others = Array.from({ length: 8 }, () => 20 + random.below(20));
    const scores = (isIn: boolean, epsilonThousandths: number | null) =>
      Array.from({ length: 400 }, () => {
        const truth = others.map((count, at) => count + (isIn ? request[at]! : 0));
        const out = epsilonThousandths === null ? truth : privateCounts(truth, { epsilonThousandths, sensitivity: 16 }, random);
        // The likelihood ratio, which no test beats (Neyman and Pearson 1933).
        const scale = epsilonThousandths ?? 1_000_000;
        return out.reduce((sum, value, at) => sum + discreteLaplaceLogProb(value - others[at]! - request[at]!, scale, 16_000) - discreteLaplaceLogProb(value - others[at]!, scale, 16_000), 0);
      });
    expect(areaUnderCurve(scores(true, null), scores(false, null))!.value).toBe(1);
    // Kairouz, Oh & Viswanath 2015: at epsilon no test has true positives beyond e^epsilon times its false ones; the area is at most e^e/(1+e^e).
    expect(areaUnderCurve(scores(true, 500), scores(false, 500))!.value).toBeLessThan(1 / (1 + Math.exp(-0.5)) + 0.05);
  });
});
