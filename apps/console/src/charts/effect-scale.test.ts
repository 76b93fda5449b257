import { expect, it } from 'vitest';
import fc from 'fast-check';
import { effectScale } from './effect-scale.ts';

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });

it('holds zero and every value, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ value: finite, width: fc.double({ min: 0, max: 1e6, noNaN: true }) }), { minLength: 1, maxLength: 20 }), (given) => {
      const { at } = effectScale(given.map(({ value, width }) => ({ value, low: value - width, high: value + width })));
      for (const place of [at(0), ...given.map(({ value }) => at(value))]) {
        expect(place).toBeGreaterThan(0);
        expect(place).toBeLessThan(100);
      }
      const sorted = given.map(({ value }) => value).toSorted((a, b) => a - b);
      expect(sorted.map(at)).toEqual(sorted.map(at).toSorted((a, b) => a - b));
    }),
  );
});

it('cuts an interval that would hide all else', () => {
  const { at, high } = effectScale([{ value: 0.01, low: 0.005, high: 0.015 }, { value: 0.02, low: 0.01, high: 1000 }]);
  expect(at(1000)).toBeLessThanOrEqual(100);
  expect(high).toBeLessThan(4000);
});

it('has room where all is zero, or next to it', () => {
  for (const value of [0, -5e-324, 5e-324]) expect(effectScale([{ value, low: null, high: null }]).at(value)).toBeCloseTo(50, 6);
});
