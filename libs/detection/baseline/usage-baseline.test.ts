import { expect, it } from 'vitest';
import { freezeUsageBaseline } from './usage-baseline.ts';

const one = (first: number): Float32Array => Float32Array.of(first, 1 - first);
const many = (count: number): Float32Array[] => Array.from({ length: count }, (_, at) => one(at % 4 === 0 ? 0.25 : 0.75));

it('estimates from every other request and calibrates with the rest', () => {
  const { mean, covariance, calibrations } = freezeUsageBaseline([{ name: 'all', shares: many(1000) }]);
  // Even places alternate between 0.25 and 0.75; odd ones are all 0.75.
  expect([...mean]).toEqual([0.5, 0.5]);
  expect(covariance[0]).toBeCloseTo((0.0625 * 500) / 499, 8);
  expect(covariance[1]).toBeCloseTo(-covariance[0]!, 8);
  expect(calibrations[0]).toMatchObject({ name: 'all', requests: 500 });
  expect(calibrations[0]?.shares.every((share, at) => Math.abs(share - (at % 2 === 0 ? 0.75 : 0.25)) < 1 / 32_767)).toBe(true);
});

it('says what is too small or does not fit', () => {
  expect(() => freezeUsageBaseline([{ name: 'all', shares: many(999) }])).toThrow('999 requests; 1000 are needed');
  expect(() => freezeUsageBaseline([{ name: 'day', shares: many(1000) }, { name: 'night', shares: many(2) }])).toThrow('mix night has 2');
  expect(() => freezeUsageBaseline([{ name: 'day', shares: [...many(1000), Float32Array.of(1)] }])).toThrow('mix day');
});
