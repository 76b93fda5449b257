import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededRandom } from '#libs/stats/testing/random-requests';
import { declareStreams } from './across-streams.ts';

it('declares what the rule says, worked by hand', () => {
  // At a threshold of 100 the k-th largest needs 100, 50, 33.3, 25.
  expect(declareStreams([120, 10, 1, 1], 100)).toEqual([0]);
  expect(declareStreams([1, 60, 55, 1], 100)).toEqual([1, 2]);
  expect(declareStreams([40, 40, 30, 1], 100)).toEqual([]);
  expect(declareStreams([40, 40, 34, 1], 100)).toEqual([0, 1, 2]);
  expect(declareStreams([26, 25, 25, 25], 100)).toEqual([0, 1, 2, 3]);
});

it('declares every stream that alarms by itself, and never one below one with less wealth', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 }), fc.double({ min: 1, max: 1e5, noNaN: true }), (wealths, threshold) => {
      const declared = new Set(declareStreams(wealths, threshold));
      const least = Math.min(Infinity, ...[...declared].map((index) => wealths[index]!));
      for (const [index, wealth] of wealths.entries()) {
        if (wealth >= threshold) expect(declared.has(index)).toBe(true);
        if (wealth > least) expect(declared.has(index)).toBe(true);
      }
    }),
  );
});

it('declares false streams within its budget: at most patience x streams / threshold on average', () => {
  const random = seededRandom(77);
  const streams = 10;
  const threshold = 500;
  const runs = 400;
  let declaredFirst = 0;
  let waited = 0;
  for (let run = 0; run < runs; run += 1) {
    const wealth = Array.from({ length: streams }, () => 1);
    let at = 0;
    for (; at < 500; at += 1) {
      for (let k = 0; k < streams; k += 1) wealth[k] = Math.max(1, wealth[k]!) * (random() < 0.5 ? 0.7 : 1.3);
      if (declareStreams(wealth, threshold).length > 0) {
        declaredFirst += 1;
        break;
      }
    }
    waited += at;
  }
  // All streams are as they were, so the share of false ones is 1 as soon as one is declared. Its standard error here is 0.025.
  expect(declaredFirst / runs).toBeLessThanOrEqual(((waited / runs) * streams) / threshold + 0.05);
});
