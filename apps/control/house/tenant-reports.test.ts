import { expect, it } from 'vitest';
import { type UsageQuery } from '#libs/store/usage/usage-query';
import { TenantReports } from './tenant-reports.ts';

const NOW_MS = Date.parse('2026-06-01T12:00:30Z');
const DAY_MS = 86_400_000;

function reports(requests: Readonly<Record<string, readonly [day: number, week: number]>>, asked: UsageQuery[] = []): TenantReports {
  const tenants = Object.keys(requests).map((tenant) => ({ tenant, accounts: 1, keys: 2 }));
  return new TenantReports(
    { list: async (limit, after) => tenants.filter(({ tenant }) => after === null || after === undefined || tenant > after).slice(0, limit) },
    {
      usageMatrix: async (query) => {
        asked.push(query);
        const isDay = query.toMs - query.fromMs === DAY_MS;
        const groups = Object.entries(requests).map(([tenant, [day, week]]) => ({ releaseId: 'r', segment: { tenant }, bucketMs: null, layers: [{ layer: 0, requests: isDay ? day : week }] }));
        return { range: query, groups: groups as never };
      },
    },
    { models: async () => ['one', 'two'] },
    { minRequests: 5, now: () => NOW_MS },
  );
}

it('adds up the requests of all models, and withholds those of too few', async () => {
  const asked: UsageQuery[] = [];
  const { items } = await reports({ '': [0, 10], acme: [1, 3], busy: [50, 400] }, asked).list({ limit: 50 });
  expect(items.map(({ tenant, requestsDay, requestsWeek }) => [tenant, requestsDay, requestsWeek])).toEqual([['', 0, 20], ['acme', null, 6], ['busy', 100, 800]]);
  expect(new Set(asked.map(({ toMs }) => toMs))).toEqual(new Set([Date.parse('2026-06-01T12:01:00Z')]));
});

it('pages by name', async () => {
  const all = reports({ a: [9, 9], b: [9, 9], c: [9, 9] });
  const first = await all.list({ limit: 2 });
  expect(first.items.map(({ tenant }) => tenant)).toEqual(['a', 'b']);
  const last = await all.list({ limit: 2, cursor: first.nextCursor! });
  expect([last.items.map(({ tenant }) => tenant), last.nextCursor]).toEqual([['c'], null]);
});
