import { expect, it } from 'vitest';
import { NO_SLICE, routeSliceOf } from './route-slice-draft.ts';

it('is no slice without an expert', () => {
  expect(routeSliceOf(NO_SLICE)).toBeNull();
  expect(routeSliceOf({ experts: ' ,\n', minPercent: '10' })).toBeNull();
});

it('names each expert once, and a share of one', () => {
  expect(routeSliceOf({ experts: 'expert/3/5, expert/0/1\nexpert/3/5', minPercent: '7' })).toEqual({ experts: ['expert/3/5', 'expert/0/1'], minShare: 0.07 });
  expect(routeSliceOf({ experts: 'expert/3/5', minPercent: '' })?.minShare).toBeNaN();
});
