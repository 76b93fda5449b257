import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effectiveExperts, entropyOfShares, millerMadowBits, normalisedEntropy, pluginEntropyBits } from './entropy.ts';
import { seededRandom } from './testing/random-requests.ts';

const counts = fc.array(fc.nat(1000), { minLength: 1, maxLength: 64 });

describe('entropy', () => {
  it('gives the published 2 bits of the eight horses (Cover & Thomas 2006, example 1.1.2)', () => {
    expect(entropyOfShares([1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 64, 1 / 64, 1 / 64, 1 / 64])).toBeCloseTo(2, 12);
  });

  it('is between 0 and log2 E, and does not care for order or scale', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 50 }), (load, factor) => {
        const bits = pluginEntropyBits(load);
        expect(bits).toBeGreaterThanOrEqual(0);
        expect(bits).toBeLessThanOrEqual(Math.log2(load.length) + 1e-12);
        expect(pluginEntropyBits(load.toReversed())).toBeCloseTo(bits, 10);
        expect(pluginEntropyBits(load.map((count) => count * factor))).toBeCloseTo(bits, 10);
      }),
    );
  });

  it('gives all experts as effective when they are used alike', () => {
    expect(effectiveExperts(pluginEntropyBits([5, 5, 5, 5, 5, 5, 5, 5]))).toBeCloseTo(8, 12);
    expect(normalisedEntropy(3, 8)).toBe(1);
    expect(normalisedEntropy(0, 1)).toBe(1);
  });

  it('corrects by hand-computed 7/(2 * 100 * ln 2) bits for 8 observed experts and 100 selections', () => {
    expect(millerMadowBits(8, 100)).toBeCloseTo(0.0504943, 6);
    expect(millerMadowBits(0, 100)).toBe(0);
    expect(millerMadowBits(8, 0)).toBe(0);
  });

  it('takes off most of the bias in simulation', () => {
    const random = seededRandom(7);
    const p = [0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05, 0.05];
    const truth = entropyOfShares(p);
    let plugin = 0;
    let corrected = 0;
    const runs = 2000;
    for (let run = 0; run < runs; run += 1) {
      const load = p.map(() => 0);
      for (let i = 0; i < 200; i += 1) {
        let u = random();
        const expert = p.findIndex((share) => (u -= share) < 0);
        load[expert === -1 ? 7 : expert]! += 1;
      }
      plugin += pluginEntropyBits(load) / runs;
      corrected += (pluginEntropyBits(load) + millerMadowBits(load.filter((count) => count > 0).length, 200)) / runs;
    }
    expect(truth - plugin).toBeGreaterThan(0.02);
    expect(Math.abs(truth - corrected)).toBeLessThan(0.004);
  });
});
