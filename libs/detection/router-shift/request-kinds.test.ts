import { expect, it } from 'vitest';
import { correlatedRequest, seededRandom } from '#libs/stats/testing/random-requests';
import { kindOf, requestKinds } from './request-kinds.ts';

const random = seededRandom(2);
const draw = (p: readonly number[]): Float32Array => Float32Array.from(correlatedRequest(random, p, 200, 0.02), (count) => count / 200);

it('finds the kinds that there are', () => {
  const prose = Array.from({ length: 300 }, () => draw([0.5, 0.3, 0.1, 0.1]));
  const code = Array.from({ length: 100 }, () => draw([0.1, 0.1, 0.3, 0.5]));
  const kinds = requestKinds([...prose, ...code], 2);
  expect(kinds).toHaveLength(2);
  const [first] = new Set(prose.map((one) => kindOf(kinds, one)));
  expect(prose.every((one) => kindOf(kinds, one) === first)).toBe(true);
  expect(code.every((one) => kindOf(kinds, one) !== first)).toBe(true);
});

it('has no more kinds than requests differ', () => {
  expect(requestKinds([Float32Array.of(0.5, 0.5), Float32Array.of(0.5, 0.5)], 4)).toEqual([Float64Array.of(0.5, 0.5)]);
  expect(requestKinds([], 4)).toEqual([]);
});
