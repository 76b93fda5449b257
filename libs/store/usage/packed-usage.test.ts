import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyUsage, type LayerUsage } from '#libs/trace/usage';
import { packPairs, packUsage, unpackUsage } from './packed-usage.ts';

const count = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.maxSafeNat(), fc.constant(Number.MAX_SAFE_INTEGER));

function filled(layers: number, experts: number, next: () => number): LayerUsage[] {
  return emptyUsage(layers, experts).map((usage) => {
    for (const vector of [usage.load, usage.gateMass, usage.cross, usage.confidence, usage.pairs ?? []]) {
      for (let i = 0; i < vector.length; i++) vector[i] = next();
    }
    return { ...usage, requests: next(), tokens: next(), sumSquaresCells: next(), sumSquaresRequests: next(), dropped: next(), droppedSelections: next() };
  });
}

test('any usage comes back exactly, with its pairs or without', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 2, max: 70 }), fc.array(count, { minLength: 1, maxLength: 50 }), (layers, experts, values) => {
      let at = 0;
      const usage = filled(layers, experts, () => values[at++ % values.length]!);
      const bytes = packUsage(usage);
      expect(unpackUsage(bytes, packPairs(usage))).toEqual(usage);
      expect(unpackUsage(bytes, null)).toEqual(usage.map((layer) => ({ ...layer, pairs: null })));
    }),
    { numRuns: 50 },
  );
});

test('bytes cut short, longer or of another version are refused', () => {
  const bytes = packUsage(filled(2, 4, () => 200));
  expect(() => unpackUsage(bytes.subarray(0, bytes.length - 1), null)).toThrow(/cut short/);
  expect(() => unpackUsage(Buffer.concat([bytes, Buffer.of(0)]), null)).toThrow(/were read/);
  expect(() => unpackUsage(Buffer.of(9, 0, 0, 0), null)).toThrow(/version 9; this build reads 1/);
});
