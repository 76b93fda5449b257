import { expect, test } from 'vitest';
import { type RequestRecord } from '#libs/contract/capture/request-record';
import { screenRequest } from '../capture/screening.ts';
import { DAY_MS, dayStartMs, partitionName } from '../capture/days.ts';
import { DEFAULT_RETENTION, planRetention } from './plan-retention.ts';

const nowMs = Date.parse('2026-03-10T12:00:00Z');
const limits = DEFAULT_RETENTION;

const shape = { layers: 2, experts: 4 };
const rules = { nowMs, retentionDays: 7, releases: new Map([['r', { number: 1, ...shape }]]) };

function recordAt(atMs: number): RequestRecord {
  return {
    requestId: '00000000-0000-4000-8000-000000000000', atMs, model: 'm', releaseId: 'r', segment: { tenant: '', task: '', language: '' },
    status: 'answered', promptTokens: 1, completionTokens: 1, queueWaitMs: 0, timeToFirstTokenMs: null, durationMs: 1, traceparent: null,
  };
}

test('days that end before the limit go, the day of the limit stays', () => {
  const plan = planRetention(['trace_20260302', 'trace_20260303', 'trace_20260310', 'trace_other'], nowMs, limits);
  expect(plan.dropPartitions).toEqual(['trace_20260302']);
});

test('what screening admits is in no partition that is dropped', () => {
  for (const day of ['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04']) {
    const refused = screenRequest(recordAt(dayStartMs(day)), shape, rules);
    const dropped = planRetention([partitionName(day)], nowMs, limits).dropPartitions.length > 0;
    expect(dropped).toBe(refused === 'older-than-retention');
  }
});

test('an entry leaves the ledger only when its requests are too old to be written again', () => {
  const { ledgerBeforeMs } = planRetention([], nowMs, limits);
  // Written as early as can be: a request dated a day ahead.
  const atMs = ledgerBeforeMs + DAY_MS - 1;
  expect(screenRequest(recordAt(atMs), shape, rules)).toBe('older-than-retention');
});

test('hours are never purged before minutes, as they are asked where minutes are gone', () => {
  const { hoursBeforeMs, minutesBeforeMs } = planRetention([], nowMs, { ...limits, minuteDays: 120, hourDays: 1 });
  expect(hoursBeforeMs).toBe(minutesBeforeMs);
  expect(planRetention([], nowMs, limits).hoursBeforeMs).toBe(nowMs - 1825 * DAY_MS);
});
