import { describe, expect, it } from 'vitest';
import { LatencyBook } from './latency-book.ts';

const EXPERTS = 8;

/** Numbers from 0 to 1 that a seed determines (linear congruential, Numerical Recipes). */
function draws(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

/** Runs every expert in turn; gives the experts that were ever called slow. */
function observe(book: LatencyBook, rounds: number, durationOf: (expert: number, round: number) => number, tokens = 4): Set<number> {
  const slow = new Set<number>();
  for (let round = 0; round < rounds; round++) {
    for (let expert = 0; expert < EXPERTS; expert++) if (book.observe(0, expert, tokens, durationOf(expert, round))) slow.add(expert);
  }
  return slow;
}

describe('LatencyBook', () => {
  it('calls nobody slow for chance: durations that vary by half, and stalls that strike at random', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const draw = draws(seed);
      const book = new LatencyBook(EXPERTS, { slowFactor: 4, slowFloorMs: 5 });
      expect([...observe(book, 2000, () => (1 + draw()) * (draw() < 0.05 ? 30 : 1))]).toEqual([]);
    }
  });

  it.each([1, 2, 3, 4])('finds %i slow experts of 8', (count) => {
    const draw = draws(count);
    const book = new LatencyBook(EXPERTS, { slowFactor: 4, slowFloorMs: 5 });
    observe(book, 40, () => 1 + draw());
    const slow = observe(book, 40, (expert) => 1 + draw() + (expert < count ? 20 : 0));
    expect([...slow].toSorted()).toEqual(Array.from({ length: count }, (_, expert) => expert));
  });

  it('calls nobody slow where more than half are: then the machine is', () => {
    const draw = draws(9);
    const book = new LatencyBook(EXPERTS, { slowFactor: 4, slowFloorMs: 5 });
    expect([...observe(book, 200, (expert) => 1 + draw() + (expert < 5 ? 20 : 0))]).toEqual([]);
  });

  it('compares runs of like token counts alone', () => {
    const book = new LatencyBook(EXPERTS, { slowFactor: 4, slowFloorMs: 5 });
    observe(book, 40, () => 1, 1);
    expect([...observe(book, 40, () => 100, 256)]).toEqual([]);
    expect(book.limitMs(0, 1)).toBeCloseTo(6, 6);
    expect(book.limitMs(0, 255)).toBe(Infinity);
    expect(book.limitMs(0, 256)).toBeCloseTo(400, 4);
  });

  it('never judges where the factor is 0', () => {
    const book = new LatencyBook(EXPERTS, { slowFactor: 0, slowFloorMs: 5 });
    expect([...observe(book, 100, (expert) => (expert === 0 ? 1000 : 1))]).toEqual([]);
  });
});
