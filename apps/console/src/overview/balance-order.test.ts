import { expect, it } from 'vitest';
import { byDistance, sharedRange } from './balance-order.ts';

const balance = (entropyBits: number, maxViolation: number | null = 0) => ({ entropyBits, entropyInterval: null, maxViolation });
const LAYERS = [
  { layer: 0, now: balance(3), baseline: balance(3), isOutside: false, entropyBits: [3, null, 2.9], maxViolation: [0.5, null] },
  { layer: 1, now: balance(2), baseline: balance(2.9), isOutside: false, entropyBits: [2], maxViolation: [null] },
  { layer: 2, now: balance(2.9, 1), baseline: balance(3, 2), isOutside: true, entropyBits: [], maxViolation: [] },
  { layer: 3, now: balance(2.5), baseline: null, isOutside: false, entropyBits: [2.5], maxViolation: [0.1] },
];

it('puts the layers that changed most first', () => {
  expect(byDistance(LAYERS).map(({ layer }) => layer)).toEqual([2, 1, 0, 3]);
});

it('scales all layers alike', () => {
  expect(sharedRange(LAYERS, 'entropyBits')).toEqual([2, 3]);
  expect(sharedRange(LAYERS, 'maxViolation')).toEqual([0, 2]);
  expect(sharedRange([], 'entropyBits')).toEqual([0, 1]);
});
