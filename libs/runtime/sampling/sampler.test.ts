import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expNonPositive } from './exponential.ts';
import { logSumExp, NonFiniteLogitsError, rowLogprobs } from './logprobs.ts';
import { adjustLogits, type SamplerSettings, type TokenHistory } from './penalties.ts';
import { philox4x32, uniformDraw } from './philox.ts';
import { Sampler } from './sampler.ts';
import { selectTop } from './selection.ts';

const SETTINGS: SamplerSettings = {
  temperature: 1,
  topP: 1,
  topK: 0,
  minP: 0,
  presencePenalty: 0,
  frequencyPenalty: 0,
  repetitionPenalty: 1,
  logitBias: {},
  seed: 1,
};
const NOTHING: TokenHistory = { prompt: new Set(), generated: new Map() };
const settingsWith = (change: Partial<SamplerSettings>): SamplerSettings => ({ ...SETTINGS, ...change });
const logitRow = fc
  .array(fc.oneof(fc.integer({ min: -8, max: 8 }), fc.double({ min: -12, max: 12, noNaN: true })), { minLength: 1, maxLength: 60 })
  .map((values) => Float32Array.from(values));

/** The probabilities that the filters should leave, by definition: sort everything, cut, divide. */
function expectedProbabilities(logits: Float32Array, settings: SamplerSettings): number[] {
  const highest = Math.max(...logits);
  let rows = [...logits].map((logit, id) => ({ id, logit, weight: Math.exp((logit - highest) / settings.temperature) }));
  rows.sort((a, b) => b.logit - a.logit || a.id - b.id);
  rows = rows.filter(({ logit }) => settings.minP === 0 || logit >= highest + settings.temperature * Math.log(settings.minP));
  if (settings.topK > 0) rows = rows.slice(0, settings.topK);
  const total = rows.reduce((sum, { weight }) => sum + weight, 0);
  let mass = 0;
  const kept = rows.filter(({ weight }) => {
    const wanted = mass === 0 || mass < settings.topP * total;
    mass += weight;
    return wanted;
  });
  const keptMass = kept.reduce((sum, { weight }) => sum + weight, 0);
  const probabilities = Array.from(logits, () => 0);
  for (const { id, weight } of kept) probabilities[id] = weight / keptMass;
  return probabilities;
}

describe('philox4x32-10', () => {
  it('gives the published known answers', () => {
    expect(philox4x32([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    const ones = 0xffffffff;
    expect(philox4x32([ones, ones, ones, ones], [ones, ones])).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
    expect(philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    ]);
  });

  it('draws differ by seed, choice and position, and stay in [0, 1)', () => {
    const draws = new Set<number>();
    for (const seed of [0, 1, -1, 2 ** 32, 2 ** 53 - 1]) {
      for (let choice = 0; choice < 4; choice++) {
        for (let position = 0; position < 50; position++) {
          const draw = uniformDraw(seed, choice, position);
          expect(draw).toBeGreaterThanOrEqual(0);
          expect(draw).toBeLessThan(1);
          draws.add(draw);
        }
      }
    }
    expect(draws.size).toBe(5 * 4 * 50);
  });
});

describe('exponential', () => {
  it('agrees with Math.exp on all of its range', () => {
    fc.assert(
      fc.property(fc.double({ min: -707, max: 0, noNaN: true }), (x) => {
        expect(Math.abs(expNonPositive(x) / Math.exp(x) - 1)).toBeLessThan(1e-13);
      }),
      { numRuns: 5000 },
    );
    expect([0, -1000, -Infinity, NaN].map(expNonPositive)).toEqual([1, 0, 0, NaN]);
  });
});

describe('selection', () => {
  it('equals a full sort', () => {
    fc.assert(
      fc.property(logitRow, fc.integer({ min: 1, max: 70 }), fc.nat(3), (row, count, base) => {
        const padded = new Float32Array(base + row.length);
        padded.set(row, base);
        const sorted = [...row.keys()].toSorted((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b);
        const out = new Int32Array(count);
        const kept = selectTop(padded, base, row.length, count, -Infinity, out);
        expect([...out.subarray(0, kept)]).toEqual(sorted.slice(0, count));
        const keptAboveZero = selectTop(padded, base, row.length, count, 0, out);
        expect([...out.subarray(0, keptAboveZero)]).toEqual(sorted.filter((id) => (row[id] ?? 0) >= 0).slice(0, count));
      }),
    );
  });
});

describe('sampler', () => {
  it('takes the highest logit at temperature 0, the lower id among equals', () => {
    const sampler = new Sampler(4);
    expect(sampler.pick(Float32Array.of(1, 3, 3, 2), 0, settingsWith({ temperature: 0 }), NOTHING, 0.99)).toBe(1);
    expect(sampler.pick(Float32Array.of(9, 1, 3, 3, 2), 1, settingsWith({ temperature: 0 }), NOTHING, 0.5)).toBe(1);
  });

  it('keeps the reference distribution: every draw falls where the sorted definition puts it', () => {
    const settings = fc.record({
      temperature: fc.constantFrom(0.05, 0.2, 0.7, 1, 1.7),
      topP: fc.constantFrom(0, 0.1, 0.5, 0.9, 0.95, 1 - 1e-12, 1),
      topK: fc.constantFrom(0, 1, 3, 10, 100),
      minP: fc.constantFrom(0, 0.05, 0.3),
    });
    fc.assert(
      fc.property(logitRow, settings, (row, change) => {
        const chosen = settingsWith(change);
        const expected = expectedProbabilities(row, chosen);
        const sampler = new Sampler(row.length);
        const draws = 512;
        const counts = Array.from(row, () => 0);
        for (let i = 0; i < draws; i++) {
          const id = sampler.pick(row, 0, chosen, NOTHING, (i + 0.5) / draws);
          counts[id] = (counts[id] ?? 0) + 1;
        }
        // An even grid of draws hits an interval of width p between p * draws - 1 and p * draws + 1 times.
        for (const [id, p] of expected.entries()) expect(Math.abs((counts[id] ?? 0) - p * draws)).toBeLessThanOrEqual(1 + 1e-6);
      }),
    );
  });

  it('draws with the frequencies of the distribution (chi-square, fixed seed)', () => {
    const size = 40;
    const row = Float32Array.from({ length: size }, (_, id) => Math.sin(id * 12.9898) * 3);
    const settings = settingsWith({ temperature: 0.8, topP: 0.9, seed: 20_261 });
    const expected = expectedProbabilities(row, settings);
    const sampler = new Sampler(size);
    const draws = 40_000;
    const counts = new Float64Array(size);
    for (let position = 0; position < draws; position++) {
      const id = sampler.pick(row, 0, settings, NOTHING, uniformDraw(settings.seed, 0, position));
      counts[id] = (counts[id] ?? 0) + 1;
    }
    let chiSquare = 0;
    let cells = 0;
    let outside = 0;
    for (const [id, p] of expected.entries()) {
      if (p === 0) {
        outside += counts[id] ?? 0;
        continue;
      }
      chiSquare += ((counts[id] ?? 0) - p * draws) ** 2 / (p * draws);
      cells++;
    }
    expect(outside).toBe(0);
    const freedom = cells - 1;
    expect(chiSquare).toBeLessThan(freedom + 4 * Math.sqrt(2 * freedom));
  });

  it('gives the same token whatever it picked before', () => {
    fc.assert(
      fc.property(logitRow, logitRow, fc.double({ min: 0, max: 0.999, noNaN: true }), (row, other, draw) => {
        const settings = settingsWith({ topP: 0.9, logitBias: { 0: 1 } });
        const size = Math.min(row.length, other.length);
        const used = new Sampler(size);
        used.pick(other, 0, settingsWith({ topK: 3, repetitionPenalty: 2 }), NOTHING, 0.3);
        expect(used.pick(row, 0, settings, NOTHING, draw)).toBe(new Sampler(size).pick(row, 0, settings, NOTHING, draw));
      }),
    );
  });

  it('refuses logits that are not finite', () => {
    const sampler = new Sampler(2);
    for (const temperature of [0, 1]) {
      expect(() => sampler.pick(Float32Array.of(NaN, NaN), 0, settingsWith({ temperature }), NOTHING, 0)).toThrow(NonFiniteLogitsError);
    }
    expect(() => sampler.pick(Float32Array.of(1, NaN), 0, SETTINGS, NOTHING, 0)).toThrow(NonFiniteLogitsError);
  });
});

describe('penalties', () => {
  it('gives the values of the definitions', () => {
    const row = Float32Array.of(2, -2, 4, 1, 0);
    const history = { prompt: new Set([0, 1]), generated: new Map([[2, 3], [0, 1]]) };
    adjustLogits(row, settingsWith({ repetitionPenalty: 2, frequencyPenalty: 0.5, presencePenalty: 0.25, logitBias: { 3: 5, 4: -100, 77: 1 } }), history);
    expect([...row]).toEqual([2 / 2 - 0.5 - 0.25, -4, 4 / 2 - 1.5 - 0.25, 6, -100]);
  });
});

describe('logprobs', () => {
  it('are the log-softmax of the raw row, alternatives in order', () => {
    const row = Float32Array.of(0, Math.log(2), Math.log(3), Math.log(2));
    const { logprob, topIds, topLogprobs } = rowLogprobs(row, 0, 4, 0, 3);
    expect(Math.exp(logprob)).toBeCloseTo(1 / 8, 6);
    expect([...topIds]).toEqual([2, 1, 3]);
    expect([...topLogprobs].map((value) => Math.exp(value))).toEqual([3 / 8, 2 / 8, 2 / 8].map((p) => expect.closeTo(p, 6)));
    expect(rowLogprobs(row, 0, 4, 1, 0).topIds).toHaveLength(0);
  });

  it('stay finite for large logits', () => {
    expect(logSumExp(Float32Array.of(1000, 1000), 0, 2)).toBeCloseTo(1000 + Math.log(2), 6);
    expect(() => logSumExp(Float32Array.of(-Infinity, -Infinity), 0, 2)).toThrow(NonFiniteLogitsError);
  });
});

describe('with only some tokens allowed', () => {
  it('picks as if the vocabulary held no others, whatever the settings', () => {
    const size = 40;
    const history = { prompt: new Set<number>(), generated: new Map([[1, 2]]) };
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -60, max: 60 }), { minLength: size, maxLength: size }),
        fc.uniqueArray(fc.integer({ min: 0, max: size - 1 }), { minLength: 1, maxLength: size }),
        fc.record({ temperature: fc.constantFrom(0, 0.5, 1.5), topP: fc.constantFrom(1, 0.5), topK: fc.constantFrom(0, 5), minP: fc.constantFrom(0, 0.1), presencePenalty: fc.constantFrom(0, 1) }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (tenths, ids, change, draw) => {
          const logits = Float32Array.from(tenths, (tenth) => tenth / 10);
          const settings = { frequencyPenalty: 0, repetitionPenalty: 1, logitBias: { 3: 5 }, seed: 0, ...change };
          const words = new Uint32Array(2);
          const [also = 0, ...rest] = ids;
          for (const id of rest) words[id >> 5] = (words[id >> 5] ?? 0) | (1 << (id & 31));
          const picked = new Sampler(size).pick(logits, 0, settings, history, draw, { words, also: [also] });
          const alone = logits.map((logit, id) => (ids.includes(id) ? logit : -1e30));
          expect(ids).toContain(picked);
          expect(picked).toBe(new Sampler(size).pick(alone, 0, settings, history, draw));
        },
      ),
      { numRuns: 500 },
    );
  });
});
