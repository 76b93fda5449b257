import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cheapestAssignment } from './cheapest-assignment.ts';

function orders(of: readonly number[]): number[][] {
  return of.length === 0 ? [[]] : of.flatMap((first) => orders(of.filter((one) => one !== first)).map((rest) => [first, ...rest]));
}

describe('the cheapest assignment', () => {
  it('costs no more than any other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }).chain((size) => fc.array(fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: size, maxLength: size }), { minLength: size, maxLength: size })), (costs) => {
        const costOf = (order: readonly number[]): number => order.reduce((sum, source, place) => sum + costs[place]![source]!, 0);
        const found = cheapestAssignment(costs);
        expect(found.toSorted((a, b) => a - b)).toEqual([...costs.keys()]);
        expect(costOf(found)).toBeCloseTo(Math.min(...orders([...costs.keys()]).map(costOf)), 9);
      }),
    );
  });

  it('refuses costs that are not square', () => {
    expect(() => cheapestAssignment([[1, 2]])).toThrow(RangeError);
  });
});
