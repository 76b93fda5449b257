import { expect, it } from 'vitest';
import { binsOf, stepOf } from './strip-bins.ts';

const NOON = Date.parse('2026-03-10T12:00:00Z');
const HOUR = 3_600_000;

it('goes by the minute as long as minutes can be told apart', () => {
  expect(stepOf(NOON - 6 * HOUR, NOON)).toBe('minute');
  expect(stepOf(NOON - 6 * HOUR - 1, NOON)).toBe('hour');
});

it('has a bar for each step, tells withheld from none, and begins with the step that the window begins in', () => {
  const buckets = [{ at: '2026-03-10T12:00:00.000Z', requests: 7, cancelled: 1, failed: 2, durationMs: { p95: 30 } }, { at: '2026-03-10T14:00:00.000Z', withheld: {} }];
  expect(binsOf({ step: 'hour', buckets }, NOON + 60_000, NOON + 3 * HOUR)).toEqual([
    { fromMs: NOON, toMs: NOON + HOUR, requests: 7, unanswered: 3, p95Ms: 30 },
    { fromMs: NOON + HOUR, toMs: NOON + 2 * HOUR, requests: 0, unanswered: 0, p95Ms: null },
    { fromMs: NOON + 2 * HOUR, toMs: NOON + 3 * HOUR, requests: null, unanswered: 0, p95Ms: null },
  ]);
});
