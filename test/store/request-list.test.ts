import { randomUUID } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type RequestRecord } from '#libs/contract/capture/request-record';
import { createDataSource, migrate, revert } from '#libs/store/data-source';
import { type TraceCursor, type TraceFilter, type TraceOrder } from '#libs/store/traces/trace-query';
import { TraceReader } from '#libs/store/traces/trace-reader';
import { DECISION_FLAGS, type FlaggedDecision } from '#libs/trace/trace';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { batchOf, type Captured, captured, OTHER_RELEASE, random, randomTrace, RELEASE, saveRelease, segment, writerOf } from './store.fixture.ts';

const NOON = Date.parse('2026-03-10T12:00:00Z');
const DAY = 86_400_000;
const ALL: TraceFilter = { fromMs: NOON - DAY, toMs: NOON + 3 * DAY };

let server: TestPostgres;
let store: DataSource;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());
beforeEach(async () => {
  store = await createDataSource({ url: await server.createDatabase() }).initialize();
  await migrate(store);
  await saveRelease(store, RELEASE, NOON);
  return () => store.destroy();
});

function request(atMs: number, flags: readonly (keyof typeof DECISION_FLAGS)[] = [], record: Partial<RequestRecord> = {}): Captured {
  const flagged: FlaggedDecision[] = flags.map((flag, row) => ({ row, layer: 0, flags: DECISION_FLAGS[flag] }));
  return captured({ ...randomTrace(random(7), 4), flagged }, atMs, record);
}

const idsOf = (requests: readonly Captured[]): string[] => requests.map(({ write }) => write.record.requestId);

async function listed(filter: Partial<TraceFilter>, order: TraceOrder = 'newest', limit = 100): Promise<string[]> {
  const reader = new TraceReader(store);
  const seen: string[] = [];
  for (let after: TraceCursor | undefined; ; ) {
    const page = await reader.list({ ...ALL, ...filter, order, limit, ...(after && { after }) });
    seen.push(...page.traces.map(({ requestId }) => requestId));
    if (page.next === null) return seen;
    after = page.next;
  }
}

test('what a request went through finds it: flags, duration, release, rule', async () => {
  await saveRelease(store, OTHER_RELEASE, NOON);
  const rules = { digest: '0f'.repeat(32), maskedExperts: 2, ruleIds: ['eu-only'], labels: { region: 'us', dataClass: '', licence: '' } };
  const plain = request(NOON, [], { durationMs: 40, pinned: true });
  const dropped = request(NOON + 1, ['dropped', 'rerouted'], { durationMs: 90, status: 'cancelled' });
  const masked = request(NOON + DAY, ['masked'], { durationMs: 900, rules, segment: segment('acme') });
  const unmasked = request(NOON + DAY + 1, ['fallback'], { durationMs: 901, rules: { ...rules, maskedExperts: 0 }, releaseId: OTHER_RELEASE });
  await writerOf(store).write(batchOf([plain, dropped, masked, unmasked], NOON));

  const reader = new TraceReader(store);
  expect((await reader.find(idsOf([dropped])[0]!))?.flags).toEqual(['dropped', 'rerouted']);
  expect((await reader.find(idsOf([plain])[0]!))?.flags).toEqual([]);
  expect((await reader.find(idsOf([plain])[0]!))?.pinned).toBe(true);
  expect(await reader.find(randomUUID())).toBeNull();
  expect(await listed({ flag: 'rerouted' })).toEqual(idsOf([dropped]));
  expect(await listed({ flag: 'any' })).toEqual(idsOf([unmasked, masked, dropped]));
  expect(await listed({ flag: 'none' })).toEqual(idsOf([plain]));
  expect(await listed({ minDurationMs: 90, maxDurationMs: 900 })).toEqual(idsOf([masked, dropped]));
  expect(await listed({ ruleId: 'eu-only' })).toEqual(idsOf([masked]));
  expect(await listed({ ruleId: "x' OR true" })).toEqual([]);
  expect(await listed({ releaseId: OTHER_RELEASE })).toEqual(idsOf([unmasked]));
  expect(await listed({ model: 'none' })).toEqual([]);
  expect(await listed({ segment: { tenant: 'acme' }, flag: 'masked', minDurationMs: 1, status: 'answered' })).toEqual(idsOf([masked]));
  expect(await reader.count({ ...ALL, flag: 'any' }, 10)).toBe(3);
  expect(await reader.count(ALL, 2)).toBe(2);
});

test.each(['newest', 'oldest', 'slowest', 'fastest'] as const)('pages of the %s first lose and repeat nothing, across days and equal values', async (order) => {
  const requests = Array.from({ length: 40 }, (_, i) => request(NOON + Math.floor(i / 4) * 4 * 3_600_000, [], { durationMs: (i * 7) % 5 }));
  await writerOf(store).write(batchOf(requests, NOON));
  const by = (a: Captured, b: Captured): number => {
    const [first, second] = [a.write.record, b.write.record];
    const byTime = first.atMs - second.atMs || (first.requestId < second.requestId ? -1 : 1);
    const rising = order === 'newest' || order === 'oldest' ? byTime : first.durationMs - second.durationMs || byTime;
    return order === 'newest' || order === 'slowest' ? -rising : rising;
  };
  expect(await listed({}, order, 7)).toEqual(idsOf(requests.toSorted(by)));
});

test('the columns come to a database with rows, the version before goes on writing, and they go again', async () => {
  const later = store.migrations.filter(({ name }) => Number(/\d{13}$/.exec(name ?? '')?.[0]) >= 1_795_219_200_022);
  await writerOf(store).write(batchOf([request(NOON, ['dropped'])], NOON));
  await revert(store, later.length);
  const columnsOf = async (table: string): Promise<string[]> =>
    (await store.query(`SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`, [table])).map(({ attname }: { attname: string }) => attname);
  const before = await columnsOf('signalbox.trace_20260310');
  expect(before).not.toContain('flags');
  const old = request(NOON + 1);
  // The columns that the version before names.
  const insert = (requestId: string, atMs: number): Promise<unknown> =>
    store.query(
      `INSERT INTO signalbox.trace (at, release, segment, prompt_tokens, completion_tokens, routed_tokens, queue_ms, ttft_ms, duration_ms, request_id, status, trace, masked_experts, rules_digest, rules_applied)
       VALUES ($1, (SELECT number FROM signalbox.release), 1, 1, 1, 1, 1, NULL, 1, $2, 0, '\\x00', NULL, NULL, NULL)`,
      [new Date(atMs), requestId],
    );
  await insert(old.write.record.requestId, NOON + 1);
  await migrate(store);
  const stillOld = randomUUID();
  await insert(stillOld, NOON + 2);
  const fresh = request(NOON + 2 * DAY, ['fallback']);
  await writerOf(store).write(batchOf([fresh], NOON));

  const reader = new TraceReader(store);
  expect((await reader.find(old.write.record.requestId))?.flags).toBeNull();
  expect((await reader.find(stillOld))?.flags).toBeNull();
  expect((await reader.find(fresh.write.record.requestId))?.flags).toEqual(['fallback']);
  expect(await listed({ flag: 'none' })).toEqual([]);
  expect(await listed({ flag: 'any' })).toEqual(idsOf([fresh]));
  // A partition that was made since has the indexes too, and loses them with the parent.
  const indexes = async (): Promise<number> => (await store.query(`SELECT count(*)::int AS n FROM pg_indexes WHERE schemaname = 'signalbox' AND tablename LIKE 'trace_2026%' AND (indexdef LIKE '%duration_ms%' OR indexdef LIKE '%flags%')`))[0].n;
  expect(await indexes()).toBe(4);

  await revert(store, later.length);
  expect(await indexes()).toBe(0);
  expect(await columnsOf('signalbox.trace_20260310')).toEqual(before);
  expect((await store.query('SELECT count(*)::int AS n FROM signalbox.trace'))[0].n).toBe(4);
  await migrate(store);
  expect((await reader.find(fresh.write.record.requestId))?.flags).toBeNull();
});

test('a page of 100,000 requests comes from an index in each order', async () => {
  await writerOf(store).write(batchOf([request(NOON), request(NOON + DAY)], NOON));
  await store.query(`
    INSERT INTO signalbox.trace (at, release, segment, prompt_tokens, completion_tokens, routed_tokens, queue_ms, ttft_ms, duration_ms, request_id, status, trace, flags)
    SELECT $1::timestamptz + n * interval '1 second', (SELECT number FROM signalbox.release), 1, 10, 10, 19, 1, 5, (n * 7919) % 5000, gen_random_uuid(), 0, '\\x00', CASE WHEN n % 5000 = 0 THEN 1 ELSE 0 END
    FROM generate_series(1, 100000) AS n`, [new Date(NOON)]);
  await store.query('ANALYZE signalbox.trace');
  const plans: string[] = [];
  const spied = { query: async (sql: string, parameters: unknown[]) => {
    const plan: { 'QUERY PLAN': string }[] = await store.query(`EXPLAIN ${sql}`, parameters);
    plans.push(plan.map((line) => line['QUERY PLAN']).join('\n'));
    return [];
  } } as unknown as DataSource;
  const reader = new TraceReader(spied);
  const after = { atMs: NOON + DAY / 2, durationMs: 2500, requestId: randomUUID() };
  for (const order of ['newest', 'oldest', 'slowest', 'fastest'] as const) await reader.list({ ...ALL, model: 'toy', order, after, limit: 200 });
  await reader.list({ ...ALL, model: 'toy', order: 'newest', flag: 'dropped', limit: 200 });
  const [newest, oldest, slowest, fastest, dropped] = plans;
  for (const plan of [newest, oldest]) expect(plan).toMatch(/Index Scan.* using trace_\d+_at_idx\b/);
  for (const plan of [slowest, fastest]) expect(plan).toMatch(/Index Scan.* using trace_\d+_duration_ms_idx/);
  expect(dropped).toMatch(/trace_\d+_at_idx1/);
  for (const plan of plans) expect(plan).not.toContain('Seq Scan on trace');
});
