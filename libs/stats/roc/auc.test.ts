import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areaUnderCurve } from './auc.ts';

const scores = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 2, maxLength: 30 });

describe('area under the curve', () => {
  it('is that of the definition over all pairs, with the variance of its components', () => {
    // Worked out over all pairs with Python's statistics.variance.
    const auc = areaUnderCurve([0.9, 0.8, 0.8, 0.55, 0.3], [0.7, 0.5, 0.3, 0.2, 0.2, 0.1])!;
    expect(auc.value).toBeCloseTo(0.8833333333333334, 12);
    expect(auc.variance).toBeCloseTo(0.010944444444444444, 12);
  });

  it('turns round with the sign, and does not see monotone changes', () => {
    fc.assert(
      fc.property(scores, scores, (positives, negatives) => {
        const auc = areaUnderCurve(positives, negatives)!;
        expect(areaUnderCurve(negatives, positives)!.value).toBeCloseTo(1 - auc.value, 12);
        const grown = (values: number[]) => values.map((value) => Math.exp(value / 5));
        expect(areaUnderCurve(grown(positives), grown(negatives))).toEqual(auc);
        expect(auc.interval!.low).toBeLessThanOrEqual(auc.value);
        expect(auc.interval!.high).toBeGreaterThanOrEqual(auc.value);
      }),
    );
  });

  it('does not claim certainty where the kinds are parted fully', () => {
    const auc = areaUnderCurve([3, 4, 5, 6], [0, 1, 2, 2])!;
    expect(auc.value).toBe(1);
    expect(auc.interval!.low).toBeCloseTo(0.025 ** 0.25, 12);
  });

  it('is not there without either kind', () => {
    expect(areaUnderCurve([], [1])).toBeNull();
    expect(areaUnderCurve([1], [2])!.interval).toBeNull();
  });
});
