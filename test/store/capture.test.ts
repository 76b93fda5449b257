import * as fc from 'fast-check';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { CaptureLedger } from '#libs/store/capture/ledger';
import { type TraceBatch } from '#libs/store/capture/trace-batch';
import { createDataSource } from '#libs/store/data-source';
import { type TraceCursor } from '#libs/store/traces/trace-query';
import { TraceReader } from '#libs/store/traces/trace-reader';
import { type LayerFigures } from '#libs/store/usage/usage-query';
import { UsageFolder } from '#libs/store/usage/usage-folder';
import { UsageReader } from '#libs/store/usage/usage-reader';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { batchOf, captured, LAYERS, openStore, OTHER_RELEASE, random, randomTrace, RELEASE, saveRelease, segment, TOP_K, usageOf, writerOf } from './store.fixture.ts';

const NOON = Date.parse('2026-03-10T12:00:00Z');
const DAY = 86_400_000;
const DAY_RANGE = { fromMs: NOON - DAY / 2, toMs: NOON + DAY / 2 };
let server: TestPostgres;
let store: DataSource;
let url: string;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  url = await server.createDatabase();
  store = await openStore(url);
  await saveRelease(store, RELEASE, NOON);
  await saveRelease(store, OTHER_RELEASE, NOON);
  return () => store.destroy();
});

async function count(table: string): Promise<number> {
  const rows: { n: number }[] = await store.query(`SELECT count(*)::int AS n FROM signalbox.${table}`);
  return rows[0]?.n ?? -1;
}

test('a batch counts once, delivered again or at the same moment', async () => {
  const next = random(1);
  const requests = Array.from({ length: 5 }, (_, i) => captured(randomTrace(next, 3 + i), NOON + i * 1000));
  const batch = batchOf(requests, NOON);
  const other = await createDataSource({ url }).initialize();
  try {
    const outcomes = await Promise.all([writerOf(store).write(batch), writerOf(other).write(batch)]);
    expect(outcomes.toSorted()).toEqual(['already-written', 'written']);
  } finally {
    await other.destroy();
  }
  expect(await writerOf(store).write(batch)).toBe('already-written');
  expect(await count('trace')).toBe(5);
  expect(await new CaptureLedger(store).written([batch.batchId, RELEASE.slice(0, 8) + '-0000-4000-8000-000000000000'])).toEqual(new Set([batch.batchId]));
  const { groups } = await new UsageReader(store).usageMatrix({ of: { model: 'toy' }, ...DAY_RANGE });
  expect(groups[0]?.layers.map(({ requests: n, tokens }) => [n, tokens])).toEqual(Array.from({ length: LAYERS }, () => [5, 25]));
});

test('a trace comes back as it was written', async () => {
  const request = captured(randomTrace(random(2), 4), NOON + 123, { status: 'cancelled', segment: segment('acme', 'chat', 'de'), timeToFirstTokenMs: 7.5 });
  await writerOf(store).write(batchOf([request], NOON));
  const { record, sealedTrace } = request.write;
  const { traceparent: _, ...kept } = record;
  const audit = { atMs: NOON, actor: 'key:sb_x', action: 'trace.read', subject: `request/${record.requestId}`, detail: {}, requestId: null };
  expect(await new TraceReader(store).look(record.requestId, audit)).toEqual({
    ...kept, queueWaitMs: 1, timeToFirstTokenMs: 8, durationMs: 12, routedTokens: 4, flags: [], sizeBytes: 4, sealedTrace: Buffer.from(sealedTrace),
  });
  expect(await new TraceReader(store).look('no-uuid', audit)).toBeNull();
  const rules = { digest: '0f'.repeat(32), maskedExperts: 2, ruleIds: ['eu-only'], labels: { region: 'us', dataClass: 'personal', licence: '' } };
  const ruled = captured(randomTrace(random(3), 2), NOON + 124, { segment: segment('acme'), rules });
  await writerOf(store).write(batchOf([ruled], NOON));
  expect((await new TraceReader(store).look(ruled.write.record.requestId, audit))?.rules).toEqual({ ...rules, generation: null });
  expect(await count('audit_entry')).toBe(5);
});

test('lists page by time without loss or repetition, across days and equal times', async () => {
  const next = random(3);
  const requests = Array.from({ length: 25 }, (_, i) => captured(randomTrace(next, 1), NOON + Math.floor(i / 4) * 4 * 3_600_000));
  await writerOf(store).write(batchOf(requests, NOON));
  const reader = new TraceReader(store);
  const seen: string[] = [];
  for (let after: TraceCursor | undefined; ; ) {
    const page = await reader.list({ fromMs: NOON, toMs: NOON + 3 * DAY, model: 'toy', order: 'newest', limit: 7, ...(after ? { after } : {}) });
    seen.push(...page.traces.map(({ requestId }) => requestId));
    if (!page.next) break;
    after = page.next;
  }
  const expected = requests
    .map(({ write }) => write.record)
    .toSorted((a, b) => b.atMs - a.atMs || (a.requestId < b.requestId ? 1 : -1))
    .map(({ requestId }) => requestId);
  expect(seen).toEqual(expected);
});

test('midnight splits days, minutes and hours', async () => {
  const midnight = Date.parse('2026-03-11T00:00:00Z');
  const next = random(4);
  await writerOf(store).write(batchOf([captured(randomTrace(next, 2), midnight - 1), captured(randomTrace(next, 3), midnight)], NOON));
  const rows: { day: string; n: number }[] = await store.query(
    `SELECT tableoid::regclass::text AS day, count(*)::int AS n FROM signalbox.trace GROUP BY 1 ORDER BY 1`,
  );
  expect(rows).toEqual([{ day: 'signalbox.trace_20260310', n: 1 }, { day: 'signalbox.trace_20260311', n: 1 }]);
  const { groups } = await new UsageReader(store).usageMatrix({ of: { model: 'toy' }, fromMs: midnight - DAY, toMs: midnight + DAY, groupBy: { time: 'day' } });
  expect(groups.map(({ bucketMs, layers }) => [bucketMs, layers[0]?.tokens])).toEqual([[midnight - DAY, 2], [midnight, 3]]);
});

test('beyond the limit of segments new ones count as other, and nothing is lost', async () => {
  const next = random(5);
  const requests = ['a', 'b', 'c', 'd'].map((tenant) => captured(randomTrace(next, 2), NOON, { segment: segment(tenant) }));
  await writerOf(store, 2).write(batchOf(requests.slice(0, 1), NOON));
  await Promise.all([writerOf(store, 2).write(batchOf(requests.slice(1, 2), NOON)), writerOf(store, 2).write(batchOf(requests.slice(2), NOON))]);
  const { groups } = await new UsageReader(store).usageMatrix({ of: { model: 'toy' }, ...DAY_RANGE, groupBy: { segment: ['tenant'] } });
  expect(groups).toHaveLength(3);
  expect(groups.map((group) => group.segment.tenant)).toEqual(expect.arrayContaining(['a', 'other']));
  expect(groups.reduce((sum, group) => sum + (group.layers[0]?.tokens ?? 0), 0)).toBe(8);
});

test('a backend that dies between the copy and the commit leaves nothing, and the batch can be written again', async () => {
  const batch = batchOf([captured(randomTrace(random(6), 4), NOON)], NOON);
  await writerOf(store).write(batchOf([captured(randomTrace(random(7), 1), NOON)], NOON));
  const blocker = store.createQueryRunner();
  await blocker.startTransaction();
  await blocker.query('LOCK TABLE signalbox.usage_recent IN ACCESS EXCLUSIVE MODE');
  const writing = writerOf(store).write(batch).catch((error: unknown) => error);
  const pid = await vi.waitFor(async () => {
    const rows: { pid: number }[] = await store.query(
      `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'COPY signalbox.usage_recent%' AND datname = current_database()`,
    );
    expect(rows).toHaveLength(1);
    return rows[0]?.pid;
  }, 120_000);
  await store.query('SELECT pg_terminate_backend($1)', [pid]);
  expect(String(await writing)).toMatch(/terminating connection|Connection terminated/);
  await blocker.rollbackTransaction();
  await blocker.release();
  expect([await count('trace'), await count('trace_batch')]).toEqual([1, 1]);
  expect(await writerOf(store).write(batch)).toBe('written');
  expect([await count('trace'), await count('trace_batch')]).toEqual([2, 2]);
});

test('a release that the database does not know is named, and nothing is written', async () => {
  const batch = batchOf([captured(randomTrace(random(8), 1), NOON, { releaseId: 'e'.repeat(64) })], NOON);
  await expect(writerOf(store).write(batch)).rejects.toThrow(/releaseId e{64} .* not in the database/);
  expect(await count('trace_batch')).toBe(0);
});

test('random traces in random batches, redelivered at random: the roll-ups are exactly the recount', async () => {
  let from = NOON;
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.array(fc.record({ size: fc.integer({ min: 1, max: 6 }), deliveries: fc.integer({ min: 1, max: 3 }), writer: fc.boolean() }), { minLength: 1, maxLength: 8 }),
      async (seed, plan) => {
        // Each run has three hours for itself.
        from += 3 * 3_600_000;
        const next = random(seed);
        const writers = [writerOf(store), writerOf(store)] as const;
        const batches = plan.map(({ size }) => {
          const requests = Array.from({ length: size }, () =>
            captured(randomTrace(next, Math.floor(next() * 9)), from + Math.floor(next() * 3 * 3_600_000), {
              releaseId: next() < 0.5 ? RELEASE : OTHER_RELEASE,
              segment: segment(next() < 0.5 ? 'a' : 'b', next() < 0.5 ? 'x' : ''),
            }),
          );
          return { requests, batch: batchOf(requests, NOON) };
        });
        const deliveries: [TraceBatch, boolean][] = plan
          .flatMap(({ deliveries: times, writer }, i) => Array.from({ length: times }, (_, time) => [batches[i]!.batch, writer !== (time > 0)] as [TraceBatch, boolean]))
          .map((delivery) => ({ delivery, order: next() }))
          .toSorted((a, b) => a.order - b.order)
          .map(({ delivery }) => delivery);
        const folders = [new UsageFolder(store, 3), new UsageFolder(store, 3)] as const;
        const reader = new UsageReader(store);
        const rangeOfRun = { fromMs: from, toMs: from + 3 * 3_600_000 };
        // Folds run among the writes: what they move must count once, before, meanwhile and after.
        await Promise.all(
          deliveries.map(async ([batch, second]) => {
            await writers[second ? 1 : 0].write(batch);
            if (second) await Promise.all(folders.map((folder) => folder.run()));
          }),
        );
        const before = await reader.usageMatrix({ of: { model: 'toy' }, ...rangeOfRun, groupBy: { release: true, segment: ['task', 'tenant'], time: 'hour' }, pairs: true });
        const [during] = await Promise.all([reader.usageMatrix({ of: { model: 'toy' }, ...rangeOfRun }), folders[0].run()]);
        const folded = await folders[1].run();
        expect(folded.status).toBe('done');
        expect(await reader.usageMatrix({ of: { model: 'toy' }, ...rangeOfRun, groupBy: { release: true, segment: ['task', 'tenant'], time: 'hour' }, pairs: true })).toEqual(before);
        expect(await reader.usageMatrix({ of: { model: 'toy' }, ...rangeOfRun })).toEqual(during);

        const all = batches.flatMap(({ requests }) => requests);
        const lo = from + Math.floor(next() * 60) * 60_000;
        const range = { fromMs: lo, toMs: lo + (1 + Math.floor(next() * 120)) * 60_000 };
        const inRange = all.filter(({ write }) => write.record.atMs >= range.fromMs && write.record.atMs < range.toMs);
        const whole = await reader.usageMatrix({ of: { model: 'toy' }, fromMs: from, toMs: from + 3 * 3_600_000, groupBy: { release: true, segment: ['tenant'] }, pairs: true });
        const tokens = all.reduce((sum, { write }) => sum + write.routedTokens, 0);
        const loads = whole.groups.flatMap(({ layers }) => layers).reduce((sum, { load }) => sum + load.reduce((a, b) => a + b, 0), 0);
        expect(loads).toBe(tokens * LAYERS * TOP_K);
        for (const group of whole.groups) {
          const recount = sumOf(all.filter(({ write }) => write.record.releaseId === group.releaseId && write.record.segment.tenant === group.segment.tenant));
          expect(group.layers.map(withoutLayer)).toEqual(recount);
        }
        const ragged = await reader.usageMatrix({ of: { releaseIds: [RELEASE, OTHER_RELEASE] }, ...range });
        expect(ragged.range).toEqual(range);
        const expected = sumOf(inRange)?.map((usage) => ({ ...usage, pairs: null })) ?? [];
        expect((ragged.groups[0]?.layers ?? []).map(withoutLayer)).toEqual(expected);
      },
    ),
    { numRuns: 12 },
  );
});

function withoutLayer({ layer: _layer, ...usage }: LayerFigures): Omit<LayerFigures, 'layer'> {
  return usage;
}

/** Usage of these requests straight from their traces, whatever their release, segment and minute. */
function sumOf(requests: readonly ReturnType<typeof captured>[]): ReturnType<typeof usageOf>[number]['layers'] | undefined {
  const same = requests.map(({ trace, write }) => ({ trace, write: { ...write, record: { ...write.record, atMs: NOON, releaseId: RELEASE, segment: segment('') } } }));
  return usageOf(same)[0]?.layers;
}
