import { expect, it } from 'vitest';
import { durationMs, durationText } from './duration-text.ts';

it.each([0, 1, 1500, 90_000, 300_000, 3_600_000, 604_800_000])('%d ms comes back', (ms) => {
  expect(durationMs(durationText(ms))).toBe(ms);
});

it('takes what people write, and nothing else', () => {
  expect([durationMs('5min'), durationMs(' 1.5 h '), durationMs('90s')]).toEqual([300_000, 5_400_000, 90_000]);
  expect([durationMs(''), durationMs('5'), durationMs('-5 s'), durationMs('5 weeks')]).toEqual([null, null, null, null]);
});
