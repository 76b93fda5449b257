import { describe, expect, it } from 'vitest';
import { expandedTail, percentiles, repetitionsOf, type Resample, resamplesOf } from './resample.ts';

const ITEMS = 16;
const DRAWS = 20_000;
const VALUES = Array.from({ length: ITEMS }, (_, at) => (at * at) % 11);

function meansOf(draws: Iterable<Resample>): number[] {
  return [...draws].slice(1).map(({ weights }) => weights.reduce((sum, weight, at) => sum + weight * VALUES[at]!, 0) / ITEMS);
}

function variance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

describe('texts drawn again', () => {
  it.each([['resamples', resamplesOf], ['repetitions', repetitionsOf]] as const)('%s begin with what was measured, have as many texts each and are the same for a seed', (_, of) => {
    const [measured, ...rest] = [...of(ITEMS, 2, 50, 7)];
    expect([...measured!.weights, ...measured!.pairs]).toEqual(Array.from({ length: ITEMS + 2 }, () => 1));
    for (const { weights, pairs } of rest) expect([weights, pairs].map((own) => own.reduce((sum, one) => sum + one, 0))).toEqual([ITEMS, 2]);
    expect([...of(ITEMS, 2, 50, 7)]).toEqual([measured, ...rest]);
  });

  it('resamples spread as a mean does', () => {
    expect(variance(meansOf(resamplesOf(ITEMS, 1, DRAWS, 3))) / (variance(VALUES) / ITEMS)).toBeCloseTo(1, 1);
  });

  it('repetitions spread as the difference of two means does: 2 n / (n + 1) of one, by the Dirichlet-multinomial distribution', () => {
    expect(variance(meansOf(repetitionsOf(ITEMS, 1, DRAWS, 3))) / (variance(VALUES) / ITEMS)).toBeCloseTo((2 * ITEMS) / (ITEMS + 1), 1);
  });
});

describe('intervals of few texts', () => {
  // Student's t with 15 degrees, 0.975: 2.13145 (tables); P(Z < -2.13145 * sqrt(16 / 15)) = 0.01386.
  it.each([[16, 0.01386], [1_000_000, 0.025]])('leave out less of the resamples of %i texts: %d on either side', (items, tail) => {
    expect(expandedTail(items)).toBeCloseTo(tail, 4);
  });

  it('are wider than those of many', () => {
    const values = [0, ...Array.from({ length: 1000 }, (_, at) => at)];
    expect(percentiles(values, 0.025)).toEqual({ value: 0, low: 25, high: 975 });
    expect(percentiles(values, expandedTail(5)).low).toBeLessThan(25);
    expect(percentiles(values, expandedTail(1))).toMatchObject({ low: 0, high: 999 });
  });
});
