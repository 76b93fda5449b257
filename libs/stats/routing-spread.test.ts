import fc from 'fast-check';
import { expect, it } from 'vitest';
import { routingSpread } from './routing-spread.ts';

it('is 0 where every token goes to the same k experts, 1 where all experts are used alike', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 3, max: 12 }), fc.integer({ min: 1, max: 50 }), (layers, experts, tokens) => {
      const topK = Math.min(2, experts - 1);
      const same = Array.from({ length: layers * experts }, (_, at) => (at % experts < topK ? tokens : 0));
      expect(routingSpread(same, layers, experts, topK)).toBeCloseTo(0, 12);
      expect(routingSpread(Array.from({ length: layers * experts }, () => tokens), layers, experts, topK)).toBeCloseTo(1, 12);
    }),
  );
});

it('stays between 0 and 1, and agrees with a value worked out by hand', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { minLength: 8, maxLength: 8 }), (counts) => {
      const spread = routingSpread(counts, 2, 4, 1);
      expect(spread).toBeGreaterThanOrEqual(0);
      expect(spread).toBeLessThanOrEqual(1);
    }),
  );
  // Entropy of (1/2, 1/4, 1/4, 0) is 1.5 bits; of four experts with k = 1 the scale is 0 to 2 bits.
  expect(routingSpread([2, 1, 1, 0], 1, 4, 1)).toBeCloseTo(0.75, 12);
  expect(routingSpread([5, 5], 1, 2, 2)).toBe(1);
  expect(routingSpread([0, 0, 0], 1, 3, 1)).toBe(1);
});
