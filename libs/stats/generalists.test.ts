import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankGeneralists } from './generalists.ts';

const loads = fc
  .integer({ min: 1, max: 8 })
  .chain((experts) => fc.array(fc.array(fc.nat(50), { minLength: experts, maxLength: experts }), { minLength: 1, maxLength: 5 }))
  .filter((segments) => segments.some((load) => load.some((value) => value > 0)))
  .map((segments) => segments.map((load) => ({ load })));

describe('ranking generalists', () => {
  it('prefers the expert that every segment uses to the one that one segment uses most', () => {
    const ranked = rankGeneralists([{ load: [90, 10, 0] }, { load: [0, 20, 80] }]);
    expect(ranked[0]).toEqual({ expert: 1, leastShare: 0.1, share: 0.15 });
    expect(ranked.map(({ expert }) => expert)).toEqual([1, 0, 2]);
  });

  it('names every expert once, with shares that add up to 1, whatever the order of segments or their volume', () => {
    fc.assert(
      fc.property(loads, (segments) => {
        const ranked = rankGeneralists(segments);
        expect(ranked.map(({ expert }) => expert).toSorted((a, b) => a - b)).toEqual(Array.from(segments[0]!.load, (_, at) => at));
        expect(ranked.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10);
        for (const { leastShare, share } of ranked) expect(leastShare).toBeLessThanOrEqual(share + 1e-12);
        expect(rankGeneralists(segments.toReversed())).toEqual(ranked);
      }),
    );
  });

  it('has nothing to say without selections', () => {
    expect(() => rankGeneralists([{ load: [0, 0] }])).toThrow('no segment');
  });
});
