import { expect, it } from 'vitest';
import { inUnit, partDone, progressInWords } from './run-words.ts';

const progress = (stepsDone: number, stepsKnown: number, steps: number | null) => ({ progress: { stepsDone, stepsKnown, steps, rows: 0, label: null } });

it('says how far a run has come', () => {
  expect([partDone(progress(0, 0, null)), partDone(progress(3, 1, 4)), partDone(progress(0, 0, 0))]).toEqual([null, 0.75, 1]);
  expect(progressInWords(progress(0, 0, null))).toBe('Its steps are being planned.');
  expect(progressInWords(progress(3, 1, 4))).toBe('3 of 4 steps (75%), of which 1 was known before and cost nothing.');
  expect(progressInWords(progress(4, 4, 4))).toBe('4 of 4 steps (100%), of which 4 were known before and cost nothing.');
});

it('writes figures in their units', () => {
  expect([inUnit(0.1234, 'share'), inUnit(-0.02, 'share', true), inUnit(0.5, 'bits/byte', true), inUnit(null, 'ms'), inUnit(3, ''), inUnit(3, 'odd')]).toEqual(['12.34%', '-2%', '+0.5 bit/B', 'none', '3', '3 odd']);
});
