import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addScore, emptyQualitySums, qualityOf } from './quality-sums.ts';
import { packQualityTest, qualityVerdicts, startQualityTest, testScore, unpackQualityTest } from './quality-test.ts';

/** Deterministic numbers in [0, 1). Source: Steele, Lea & Flood 2014, SplitMix, in 32 bits (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('qualityOf', () => {
  it("is the two groups' means and Welch's variance when requests are all on an expert or not at all", () => {
    const sums = emptyQualitySums(1, 2);
    const on = [0.2, 0.4, 0.3, 0.5];
    const off = [0.9, 0.8, 1, 0.7, 0.6];
    for (const score of on) addScore(sums, [1, 0], score);
    for (const score of off) addScore(sums, [0, 1], score);
    const { score, restScore, lost, interval, share } = qualityOf(sums, 0, 0);
    expect([score, restScore, lost, share]).toEqual([0.35, 0.8, 0.45, 4 / 9].map((value) => expect.closeTo(value, 12)));
    // Sums of squared distances 0.05 and 0.1, by hand: each over its squared size, as the linearisation has it, times 9/8.
    const half = 1.959964 * Math.sqrt((0.05 / 16 + 0.1 / 25) * (9 / 8));
    expect(interval).toEqual({ low: expect.closeTo(0.45 - half, 9), high: expect.closeTo(0.45 + half, 9) });
    expect(qualityOf(sums, 0, 1).lost).toBeCloseTo(-0.45, 12);
  });

  it('covers the true difference about as often as it says', () => {
    const random = randomOf(7);
    let covered = 0;
    for (let study = 0; study < 400; study += 1) {
      const sums = emptyQualitySums(1, 1);
      for (let r = 0; r < 150; r += 1) {
        const w = random() * 0.6;
        addScore(sums, [w], random() < 0.8 - 0.5 * w ? 1 : 0);
      }
      // E[s|w] = .8 - .5w with w uniform on [0, .6]: E w = .3, E w^2 = .12.
      const truth = 0.8 - (0.5 * (0.3 - 0.12)) / 0.7 - (0.8 - (0.5 * 0.12) / 0.3);
      const { interval } = qualityOf(sums, 0, 0);
      if (interval!.low <= truth && truth <= interval!.high) covered += 1;
    }
    expect(covered / 400).toBeGreaterThan(0.91);
    expect(covered / 400).toBeLessThan(0.985);
  });

  it('loses nothing where all scores are the same, and has no score where an expert served nothing', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 20 }), fc.double({ min: 0, max: 1, noNaN: true }), (weights, score) => {
      const sums = emptyQualitySums(1, 2);
      for (const w of weights) addScore(sums, [w, 0], score);
      const { lost } = qualityOf(sums, 0, 0);
      if (lost !== null) expect(lost).toBeCloseTo(0, 6);
      expect(qualityOf(sums, 0, 1)).toMatchObject({ score: null, lost: null, interval: null });
    }));
    expect(() => addScore(emptyQualitySums(2, 2), [1, 0], 1)).toThrow(RangeError);
  });
});

describe('the test of experts', () => {
  /** Requests that use expert 0 much or little; those that do lose `lost` of their mean score. */
  function scored(seed: number, requests: number, lost: number) {
    const random = randomOf(seed);
    const test = startQualityTest(1, 4);
    for (let r = 0; r < requests; r += 1) {
      const shares = [random() < 0.4 ? 0.8 : 0.1, random(), random(), random()];
      testScore(test, shares, random() < 0.8 - (shares[0]! > 0.5 ? lost : 0) ? 1 : 0);
    }
    return test;
  }

  it('finds the expert whose requests are liked less, and no other', () => {
    const verdicts = qualityVerdicts(scored(3, 600, 0.5), 0.05);
    expect(verdicts.map(({ isWorse }) => isWorse)).toEqual([true, false, false, false]);
    expect(verdicts[0]!.eValue).toBeGreaterThan(80);
  });

  it('accuses an expert falsely less often than its level, looked at after every request', () => {
    let accused = 0;
    for (let seed = 1; seed <= 200; seed += 1) {
      const random = randomOf(seed);
      const test = startQualityTest(1, 2);
      let worst = 0;
      for (let r = 0; r < 200; r += 1) {
        testScore(test, [random(), random()], random() < 0.7 ? 1 : 0);
        worst = Math.max(worst, ...qualityVerdicts(test, 0.05).map(({ eValue }) => eValue));
      }
      // Ville: either of two experts ever above 2/0.05.
      if (worst >= 40) accused += 1;
    }
    expect(accused / 200).toBeLessThanOrEqual(0.05);
  });

  it('goes on from its bytes as if nothing had happened', () => {
    const one = scored(5, 100, 0.3);
    const other = unpackQualityTest(packQualityTest(one));
    expect(other).toEqual(one);
    for (const test of [one, other]) testScore(test, [0.9, 0.1, 0.2, 0.3], 0);
    expect(qualityVerdicts(other, 0.05)).toEqual(qualityVerdicts(one, 0.05));
    expect(() => unpackQualityTest(packQualityTest(one).subarray(8))).toThrow(RangeError);
  });
});
