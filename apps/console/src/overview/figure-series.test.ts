import { expect, it } from 'vitest';
import { figureSeries, stepFor } from './figure-series.ts';

it('fills in the buckets without requests, and tells none from too few', () => {
  const series = figureSeries({
    window: { from: '2026-06-01T12:00:00Z', to: '2026-06-01T12:04:00Z' }, step: 'minute',
    buckets: [
      { at: '2026-06-01T12:01:00.000Z', requests: 30, failedShare: 0.1, durationMs: { p50: 1, p95: 2, p99: 3 }, timeToFirstTokenMs: null },
      { at: '2026-06-01T12:03:00.000Z', withheld: { reason: 'fewer_than_min_requests', minRequests: 20 } },
    ],
  });
  expect(series.atMs).toHaveLength(4);
  expect(series.requests).toEqual([0, 30, 0, null]);
  expect([series.failedShare, series.durationMs.p95, series.firstTokenMs.p50]).toEqual([[null, 0.1, null, null], [null, 2, null, null], [null, null, null, null]]);
});

it('begins with the bucket that the window begins in', () => {
  const { atMs } = figureSeries({ window: { from: '2026-06-01T12:30:00Z', to: '2026-06-01T14:10:00Z' }, step: 'hour', buckets: [] });
  expect(atMs.map((ms) => new Date(ms).toISOString().slice(11, 16))).toEqual(['12:00', '13:00', '14:00']);
  expect([stepFor({ from: '2026-06-01T06:00:00Z', to: '2026-06-01T12:00:00Z' }), stepFor({ from: '2026-06-01T05:00:00Z', to: '2026-06-01T12:00:00Z' })]).toEqual(['minute', 'hour']);
});
