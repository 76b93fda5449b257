import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS } from './roll-up.ts';
import { planTime } from './time-plan.ts';

function at(text: string): number {
  return Date.parse(`2026-03-01T${text}Z`);
}

test('a ragged day is its whole hours and the minutes at both ends', () => {
  expect(planTime({ fromMs: at('01:58:30'), toMs: at('04:02:00') })).toEqual({
    range: { fromMs: at('01:58:00'), toMs: at('04:02:00') },
    hours: { fromMs: at('02:00:00'), toMs: at('04:00:00') },
    minutes: [
      { fromMs: at('01:58:00'), toMs: at('02:00:00') },
      { fromMs: at('04:00:00'), toMs: at('04:02:00') },
    ],
  });
});

test('every minute of the range is covered once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 1, max: 500 }), (from, length) => {
      const range = { fromMs: from * MINUTE_MS, toMs: (from + length) * MINUTE_MS };
      const { hours, minutes } = planTime(range);
      const parts = [...minutes, ...(hours ? [hours] : [])].toSorted((a, b) => a.fromMs - b.fromMs);
      expect(parts[0]?.fromMs).toBe(range.fromMs);
      expect(parts.at(-1)?.toMs).toBe(range.toMs);
      expect(parts.slice(1).map(({ fromMs }) => fromMs)).toEqual(parts.slice(0, -1).map(({ toMs }) => toMs));
      expect([(hours?.fromMs ?? 0) % HOUR_MS, (hours?.toMs ?? 0) % HOUR_MS]).toEqual([0, 0]);
    }),
  );
});

test('an empty range is an error', () => {
  expect(() => planTime({ fromMs: 5, toMs: 5 })).toThrow(RangeError);
  expect(() => planTime({ fromMs: Number.NaN, toMs: 5 })).toThrow(RangeError);
});
