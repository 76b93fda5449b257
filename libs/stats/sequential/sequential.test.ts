import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jensenShannonBits } from '../divergence.ts';
import { correlatedRequest, seededRandom } from '../testing/random-requests.ts';
import { logEvidence, logMeanExp, placeBets, startBets } from './bets.ts';
import { confidenceInterval, observe, startConfidenceSequence } from './confidence-sequence.ts';
import { divergenceBet, divergenceObservation } from './divergence-bet.ts';
import { splitBudget } from './error-budget.ts';
import { addToBlock, openBlock } from './paired-blocks.ts';
import { countValue, emptyHistogram, quantileOf } from './running-quantile.ts';
import { beginStage, placeStagedBets, stagedLogEvidence, startStagedBets } from './staged-bets.ts';

const ALPHA = 0.05;
/** From an independent program that follows the papers' formulas. */
const REFERENCE_LOG_E = 0.04320124905130977;
const REFERENCE_FEW = { centre: 0.5333333333333333 };
const REFERENCE_MANY = { centre: 0.10090045998566044, half: 0.03503776698107291 };

describe('bets', () => {
  it('has the e-value that the formula gives elsewhere (Python, double precision)', () => {
    const bets = startBets();
    for (const x of [...Array<number>(10).fill(1), ...Array<number>(5).fill(-1)]) placeBets(bets, x, { low: -1, margin: 0.1 });
    expect(logEvidence(bets)).toBeCloseTo(REFERENCE_LOG_E, 12);
  });

  it('is a fair game at the margin: the expected e-value over all sequences is exactly 1', () => {
    // A three-point law with mean 0.1 on [-1, 1].
    const law = [[-1, 0.3], [0, 0.3], [1, 0.4]] as const;
    const expectation = (depth: number, sequence: readonly number[]): number => {
      if (depth === 0) {
        const bets = startBets();
        for (const x of sequence) placeBets(bets, x, { low: -1, margin: 0.1 });
        return Math.exp(logEvidence(bets));
      }
      return law.reduce((sum, [x, chance]) => sum + chance * expectation(depth - 1, [...sequence, x]), 0);
    };
    expect(expectation(7, [])).toBeCloseTo(1, 12);
  });

  it('never falls where every observation is larger', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 40 }), (steps) => {
        const [less, more] = [startBets(), startBets()];
        for (const [x, up] of steps) {
          placeBets(less, x, { low: -1, margin: 0.02 });
          placeBets(more, Math.min(1, x + up), { low: -1, margin: 0.02 });
        }
        expect(logEvidence(more)).toBeGreaterThanOrEqual(logEvidence(less) - 1e-9);
      }),
    );
  });

  it('refuses what would make the wealth negative', () => {
    expect(() => placeBets(startBets(), -1.1, { low: -1, margin: 0 })).toThrow(/below its bound/);
    expect(() => placeBets(startBets(), 0, { low: 0.1, margin: 0.1 })).toThrow(/margin/);
    expect(logMeanExp([-2000, -2000])).toBeCloseTo(-2000, 9);
  });
});

describe('stages', () => {
  it('keeps the promised rate of false alarms though it is looked at after every observation', () => {
    let alarms = 0;
    const runs = 2000;
    for (let run = 0; run < runs; run += 1) {
      const random = seededRandom(run);
      const staged = startStagedBets(3);
      beginStage(staged);
      for (let i = 0; i < 400; i += 1) {
        if (i === 130 || i === 260) beginStage(staged);
        // Both arms fail alike, more often in bad hours.
        const rate = i % 100 < 20 ? 0.2 : 0.03;
        placeStagedBets(staged, Number(random() < rate) - Number(random() < rate), { low: -1, margin: 0.001 });
      }
      if (staged.peakLogE >= Math.log(1 / ALPHA)) alarms += 1;
    }
    expect(alarms / runs).toBeLessThanOrEqual(ALPHA);
  });

  it('notices what begins in a late stage sooner than bets that ran from the start', () => {
    const needed = (stages: number): number => {
      const random = seededRandom(7);
      const staged = startStagedBets(stages);
      beginStage(staged);
      for (let i = 0; i < 3000; i += 1) placeStagedBets(staged, Number(random() < 0.1) - Number(random() < 0.1), { low: -1, margin: 0.05 });
      if (stages > 1) beginStage(staged);
      for (let i = 1; ; i += 1) {
        placeStagedBets(staged, Number(random() < 0.4) - Number(random() < 0.1), { low: -1, margin: 0.05 });
        if (stagedLogEvidence(staged) >= Math.log(100)) return i;
      }
    };
    expect(needed(2)).toBeLessThan(needed(1));
  });
});

describe('blocks', () => {
  it('uses every observation, whatever the shares of the arms', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 60 }), (requests) => {
        const block = openBlock();
        for (const [isTreated, x] of requests) {
          const difference = addToBlock(block, isTreated ? 'treated' : 'control', x);
          if (difference !== null) expect(Math.abs(difference)).toBeLessThanOrEqual(1);
          // Only ever waits for one arm.
          expect(Math.min(block.treated, block.control)).toBe(0);
        }
      }),
    );
  });

  it('compares a rare arm with the mean of all that came since', () => {
    const block = openBlock();
    expect([0, 1, 0, 0].map((x) => addToBlock(block, 'control', x))).toEqual([null, null, null, null]);
    expect(addToBlock(block, 'treated', 1)).toBe(0.75);
    expect(block).toEqual(openBlock());
  });
});

describe('confidence sequence', () => {
  it('has the interval that the theorem gives elsewhere (Python, double precision)', () => {
    const few = startConfidenceSequence(0, 1, ALPHA);
    for (const x of [0.2, 0.9, 0.4, 1, 0, 0.7]) observe(few, x);
    const many = startConfidenceSequence(0, 1, ALPHA);
    for (let i = 0; i < 1000; i += 1) observe(many, i % 10 === 3 ? 1 : 0);
    expect(few.weighted / few.weights).toBeCloseTo(REFERENCE_FEW.centre, 12);
    const { low, high } = confidenceInterval(many)!;
    expect([(low + high) / 2, (high - low) / 2].map((x) => x.toFixed(10))).toEqual([REFERENCE_MANY.centre, REFERENCE_MANY.half].map((x) => x.toFixed(10)));
  });

  it('holds the mean at all times together at least as often as it says', () => {
    let misses = 0;
    const runs = 400;
    for (let run = 0; run < runs; run += 1) {
      const random = seededRandom(1000 + run);
      const sequence = startConfidenceSequence(-1, 1, ALPHA);
      let missed = false;
      for (let i = 0; i < 500; i += 1) {
        observe(sequence, Number(random() < 0.3) - Number(random() < 0.1));
        const { low, high } = confidenceInterval(sequence)!;
        missed ||= low > 0.2 || high < 0.2;
      }
      if (missed) misses += 1;
    }
    expect(misses / runs).toBeLessThanOrEqual(ALPHA);
  });
});

describe('divergence bet', () => {
  it('has at most the divergence as its mean, and most of it for the choice that the truth suggests', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(counts, counts, counts, counts, (p, q, otherP, otherQ) => {
        const divergence = jensenShannonBits(p, q)!;
        const large = (vector: readonly number[]): number[] => vector.map((count) => count * 1e9);
        const informed = divergenceObservation(divergenceBet(large(p), large(q)), p, q)!;
        const other = divergenceObservation(divergenceBet(otherP, otherQ), p, q)!;
        expect(other).toBeLessThanOrEqual(divergence + 1e-9);
        expect(informed).toBeLessThanOrEqual(divergence + 1e-9);
        expect(informed).toBeGreaterThanOrEqual(0.55 * divergence - 1e-9);
      }),
    );
  });

  it('keeps the promised rate on requests whose tokens are correlated, and finds a real shift', () => {
    const flat = [0.25, 0.25, 0.2, 0.15, 0.1, 0.05];
    const shifted = [0.05, 0.25, 0.2, 0.15, 0.1, 0.25];
    const alarmed = (seed: number, canary: readonly number[]): boolean => {
      const random = seededRandom(seed);
      const staged = startStagedBets(1);
      beginStage(staged);
      const past = [flat.map(() => 0), flat.map(() => 0)];
      for (let window = 0; window < 200; window += 1) {
        const bet = divergenceBet(past[0]!, past[1]!);
        const seen = [canary, flat].map((law, arm) =>
          Array.from({ length: arm === 0 ? 1 : 3 }, () => correlatedRequest(random, law, 60, 0.1)).reduce((sum, request) => sum.map((n, j) => n + request[j]!)),
        );
        const x = divergenceObservation(bet, seen[0]!, seen[1]!);
        if (x !== null) placeStagedBets(staged, x, { low: bet.low, margin: 0.005 });
        for (const [arm, counts] of seen.entries()) past[arm] = past[arm]!.map((n, j) => n + counts[j]!);
      }
      return staged.peakLogE >= Math.log(1 / ALPHA);
    };
    const runs = Array.from({ length: 200 }, (_, seed) => seed);
    expect(runs.filter((seed) => alarmed(seed, flat)).length / runs.length).toBeLessThanOrEqual(ALPHA);
    expect(runs.slice(0, 20).filter((seed) => alarmed(seed, shifted)).length).toBe(20);
  });
});

describe('running quantile', () => {
  it('is within a bucket of the sample quantile', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 80 }), fc.double({ min: 0.01, max: 1, noNaN: true }), (values, q) => {
        const histogram = emptyHistogram();
        for (const value of values) countValue(histogram, value);
        const exact = values.toSorted((a, b) => a - b)[Math.ceil(q * values.length) - 1]!;
        const found = quantileOf(histogram, q)!;
        expect(found / exact).toBeGreaterThan(0.999);
        expect(found / exact).toBeLessThan(1.0501);
      }),
    );
    expect(quantileOf(emptyHistogram(), 0.5)).toBeNull();
  });
});

it('splits an error budget without a remainder', () => {
  expect(splitBudget(0.05, [1, 3])).toEqual([0.0125, 0.037500000000000006]);
  expect(() => splitBudget(0, [1])).toThrow(/rate/);
  expect(() => splitBudget(0.05, [1, 0])).toThrow(/weights/);
});
