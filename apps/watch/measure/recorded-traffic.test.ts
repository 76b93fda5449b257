import { expect, it } from 'vitest';
import { type UsageReader } from '#libs/store/usage/usage-reader';
import { recordedTraffic } from './recorded-traffic.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const NOW = Date.UTC(2026, 2, 10, 15, 20);

/** Roll-ups of one request at each of these moments; what is asked for is widened to whole ones. */
function usageOf(times: readonly number[]): Pick<UsageReader, 'usageMatrix'> {
  return {
    usageMatrix: async ({ fromMs, toMs, groupBy }) => {
      const lengthMs = groupBy?.time === 'hour' ? HOUR_MS : MINUTE_MS;
      const start = (atMs: number): number => Math.floor(atMs / lengthMs) * lengthMs;
      const buckets = new Map<number, number>();
      for (const atMs of times) if (start(atMs) >= start(fromMs) && start(atMs) < toMs) buckets.set(start(atMs), (buckets.get(start(atMs)) ?? 0) + 1);
      return { range: { fromMs, toMs }, groups: [...buckets].map(([bucketMs, requests]) => ({ releaseId: null, segment: {}, bucketMs, layers: [{ requests }] })) } as unknown as Awaited<ReturnType<UsageReader['usageMatrix']>>;
    },
  };
}

const traffic = (...times: readonly number[]) => recordedTraffic(usageOf(times), 'toy', [], NOW, 2 * MINUTE_MS);

it('knows the first and the last minute with requests, over days', async () => {
  const [first, last] = [NOW - 2 * DAY_MS - 7 * MINUTE_MS, NOW - 3 * HOUR_MS - 11 * MINUTE_MS];
  const found = await traffic(first, first + MINUTE_MS, NOW - DAY_MS, last - MINUTE_MS, last);
  expect(found).toEqual({ lastRecordedMs: last + MINUTE_MS, firstRecordedMs: first, requestsInLastHour: 2, requestsADayAgo: 1, isServed: false });
});

it('takes no requests for older than they are', async () => {
  const first = NOW - DAY_MS + 5 * MINUTE_MS;
  expect(await traffic(first, NOW - HOUR_MS)).toMatchObject({ firstRecordedMs: first });
});

it('looks no further than the last hour while requests come', async () => {
  const read: unknown[] = [];
  const { usageMatrix } = usageOf([NOW - 2 * DAY_MS, NOW - MINUTE_MS]);
  const usage = { usageMatrix: (query: Parameters<typeof usageMatrix>[0]) => (read.push(query.groupBy?.time), usageMatrix(query)) };
  expect(await recordedTraffic(usage, 'toy', [], NOW, 2 * MINUTE_MS)).toMatchObject({ lastRecordedMs: NOW, firstRecordedMs: NOW - MINUTE_MS });
  expect(read).toEqual(['minute', 'minute']);
});

it('says where there is nothing', async () => {
  expect(await traffic()).toEqual({ lastRecordedMs: null, firstRecordedMs: null, requestsInLastHour: 0, requestsADayAgo: 0, isServed: false });
});
