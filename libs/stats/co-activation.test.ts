import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coActivation, pairCount, pairIndex } from './co-activation.ts';

describe('co-activation', () => {
  it('numbers the pairs of the upper triangle without gaps', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (experts) => {
        const seen: number[] = [];
        for (let i = 0; i < experts; i += 1) for (let j = i + 1; j < experts; j += 1) seen.push(pairIndex(i, j, experts));
        expect(seen).toEqual(Array.from({ length: pairCount(experts) }, (_, index) => index));
      }),
    );
  });

  it('gives hand-counted shares for tokens {0,1}, {0,1}, {0,2}', () => {
    expect(coActivation([3, 2, 1, 0], [2, 1, 0, 0, 0, 0])).toEqual([[1, 2 / 3, 1 / 3, 0], [1, 1, 0, 0], [1, 0, 1, 0], null]);
  });

  it('refuses a triangle of the wrong size', () => {
    expect(() => coActivation([1, 1, 1], [1])).toThrow(/1 pairs for 3 experts; 3 are needed/);
  });
});
