import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HOUR_MS, MINUTE_MS } from './roll-up.ts';
import { planTime, type TimeRange } from './time-plan.ts';

function at(text: string): number {
  return Date.parse(`2026-03-01T${text}Z`);
}

test('minutes are added or taken off at the ends, whichever are fewer', () => {
  expect(planTime({ fromMs: at('01:58:30'), toMs: at('04:02:00') })).toEqual({
    range: { fromMs: at('01:58:00'), toMs: at('04:02:00') },
    hours: { fromMs: at('02:00:00'), toMs: at('04:00:00') },
    addMinutes: [
      { fromMs: at('01:58:00'), toMs: at('02:00:00') },
      { fromMs: at('04:00:00'), toMs: at('04:02:00') },
    ],
    takeMinutes: [],
  });
  expect(planTime({ fromMs: at('01:10:00'), toMs: at('03:50:00') })).toEqual({
    range: { fromMs: at('01:10:00'), toMs: at('03:50:00') },
    hours: { fromMs: at('01:00:00'), toMs: at('04:00:00') },
    addMinutes: [],
    takeMinutes: [
      { fromMs: at('01:00:00'), toMs: at('01:10:00') },
      { fromMs: at('03:50:00'), toMs: at('04:00:00') },
    ],
  });
});

function count(counts: number[], { fromMs, toMs }: TimeRange, weight: number): void {
  for (let minute = fromMs / MINUTE_MS; minute < toMs / MINUTE_MS; minute += 1) counts[minute] = (counts[minute] ?? 0) + weight;
}

test('every minute of the range counts once, no other does, and few minutes are read', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 1, max: 500 }), (from, length) => {
      const range = { fromMs: from * MINUTE_MS, toMs: (from + length) * MINUTE_MS };
      const { hours, addMinutes, takeMinutes } = planTime(range);
      const counts = Array.from({ length: 1100 }, () => 0);
      const expected = [...counts];
      count(expected, range, 1);
      for (const part of [...addMinutes, ...(hours ? [hours] : [])]) count(counts, part, 1);
      for (const part of takeMinutes) count(counts, part, -1);
      expect(counts).toEqual(expected);
      expect([(hours?.fromMs ?? 0) % HOUR_MS, (hours?.toMs ?? 0) % HOUR_MS]).toEqual([0, 0]);
      const read = [...addMinutes, ...takeMinutes].reduce((sum, part) => sum + (part.toMs - part.fromMs) / MINUTE_MS, 0);
      expect(read).toBeLessThanOrEqual(60);
    }),
  );
});

test('an empty range is an error', () => {
  expect(() => planTime({ fromMs: 5, toMs: 5 })).toThrow(RangeError);
  expect(() => planTime({ fromMs: Number.NaN, toMs: 5 })).toThrow(RangeError);
});

test('where minutes are no longer kept, the range widens to whole hours', () => {
  const plan = planTime({ fromMs: at('01:10:00'), toMs: at('09:20:00') }, 'hour', at('05:00:00'));
  expect(plan.range).toEqual({ fromMs: at('01:00:00'), toMs: at('09:20:00') });
  expect(plan.addMinutes).toEqual([{ fromMs: at('09:00:00'), toMs: at('09:20:00') }]);
});
