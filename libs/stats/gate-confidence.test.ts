import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gateConfidence } from './gate-confidence.ts';

describe('gate confidence', () => {
  it('gives hand-computed values for ten decisions in the bin of .5 to .55 and ten in that of .95 to 1', () => {
    const bins = Array.from({ length: 20 }, () => 0);
    bins[10] = 10;
    bins[19] = 10;
    const summary = gateConfidence(bins)!;
    expect(summary.decisions).toBe(20);
    expect(summary.mean).toBeCloseTo(0.75, 12);
    expect(summary.p10).toBeCloseTo(0.51, 12);
    expect(summary.p50).toBeCloseTo(0.55, 12);
    expect(summary.p90).toBeCloseTo(0.99, 12);
    expect(summary.resolution).toBe(0.025);
  });

  it('is within its resolution of the true mean, with ordered quantiles', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 0.9999, noNaN: true }), { minLength: 1 }), (values) => {
        const bins = Array.from({ length: 20 }, () => 0);
        for (const value of values) bins[Math.floor(value * 20)]! += 1;
        const summary = gateConfidence(bins)!;
        const mean = values.reduce((a, b) => a + b, 0) / values.length;
        expect(Math.abs(summary.mean - mean)).toBeLessThanOrEqual(summary.resolution + 1e-9);
        expect(summary.p10).toBeLessThanOrEqual(summary.p50);
        expect(summary.p50).toBeLessThanOrEqual(summary.p90);
      }),
    );
    expect(gateConfidence([0, 0])).toBeNull();
  });
});
