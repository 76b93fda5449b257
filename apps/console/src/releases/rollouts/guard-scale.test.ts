import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evidencePart, guardScale } from './guard-scale.ts';

describe('guardScale', () => {
  it('holds zero, margin and effect, in their order', () => {
    const value = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(value, value, fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (effect, middle, width, margin) => {
        const scale = guardScale({ effect, interval: { low: middle - width, high: middle + width, level: 0.95 }, margin });
        for (const mark of [0, margin, effect]) {
          expect(scale.at(mark)).toBeGreaterThan(0);
          expect(scale.at(mark)).toBeLessThan(1);
        }
        expect(scale.at(0) <= scale.at(margin)).toBe(true);
        expect(scale.low).toBeLessThan(scale.high);
      }),
    );
  });

  it('cuts an interval that would hide all else', () => {
    const { high, at } = guardScale({ effect: 0.001, interval: { low: -1, high: 1, level: 0.95 }, margin: 0.005 });
    expect(high).toBeLessThan(0.06);
    expect(at(1)).toBe(1);
  });
});

describe('evidencePart', () => {
  it.each([
    [0.3, 100, 0],
    [1, 100, 0],
    [10, 100, 0.5],
    [100, 100, 1],
    [1e6, 100, 1],
  ])('%d of %d is %d of the way', (eValue, failsAt, part) => expect(evidencePart(eValue, failsAt)).toBeCloseTo(part, 12));
});
