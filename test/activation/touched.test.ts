import { randomUUID } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { TraceSealer } from '#libs/record/seal';
import { Protections } from '#libs/store/protection/protections';
import { ProtectionGuard } from '../../apps/control/protection/protection-guard.ts';
import { Recalls } from '#libs/store/activation/recalls';
import { TouchedRequests } from '#libs/store/activation/touched-requests';
import { AuditLog } from '#libs/store/audit/audit-log';
import { TracePartitions } from '#libs/store/capture/partitions';
import { DEFAULT_RETENTION } from '#libs/store/retention/plan-retention';
import { Retention } from '#libs/store/retention/retention';
import { UsageFolder } from '#libs/store/usage/usage-folder';
import { encodeTrace } from '#libs/trace/codec';
import { DECISION_FLAGS, type RoutingTrace } from '#libs/trace/trace';
import { RecallController } from '../../apps/control/recall/recall.controller.ts';
import { RecallDesk } from '../../apps/control/recall/recall-desk.ts';
import { TouchedReports } from '../../apps/control/recall/touched-reports.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { batchOf, captured, type Captured, openStore, writerOf } from '../store/store.fixture.ts';
import { BOB, saveToy, toyManifest } from './activation.fixture.ts';

const AT_MS = Date.parse('2026-03-10T12:00:00Z');
const DAY_MS = 86_400_000;
const EXPERT = '7'.repeat(64);
const ROUTER = '1'.repeat(64);
const sealer = new TraceSealer({ current: new Uint8Array(32).fill(5) });

let server: TestPostgres;
let store: DataSource;
let recalls: RecallDesk;
let controller: RecallController;
let good: string;
let bad: string;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  store = await openStore(await server.createDatabase());
  recalls = new RecallDesk(new Recalls(store), { now: Date.now }, new ProtectionGuard(new Protections(store), { now: Date.now }));
  controller = new RecallController(recalls, new Recalls(store), new TouchedReports(new TouchedRequests(store), sealer, new AuditLog(store), { now: Date.now }));
  good = await saveToy(store, toyManifest());
  bad = await saveToy(store, toyManifest({ experts: ['7', '4', '5', '6'] }));
  return () => store.destroy();
});

/** A request of three tokens, all of which layer 0 routes to one expert, and layer 1 to expert 0. */
function request(at: number, expert: number, over: { releaseId?: string; flagged?: RoutingTrace['flagged']; gate?: number; atMs?: number } = {}): Captured {
  const { releaseId = bad, flagged = [], gate = 1, atMs = AT_MS + (at >> 1) } = over;
  const trace: RoutingTrace = {
    layers: 2, experts: 2, topK: 1, promptRows: 2, choiceRows: [1], tokenIds: null,
    expertIds: Uint16Array.of(expert, 0, expert, 0, expert, 0), gates: Float32Array.of(gate, 1, gate, 1, gate, 1), flagged,
  };
  const requestId = randomUUID();
  const one = captured(trace, atMs, { releaseId, requestId });
  return { trace, write: { ...one.write, sealedTrace: sealer.seal(requestId, encodeTrace(trace)) } };
}

const idsOf = (requests: readonly Captured[]): string[] => requests.map(({ write }) => write.record.requestId).toSorted();
const write = (requests: readonly Captured[]) => writerOf(store).write(batchOf(requests, AT_MS));
const caller = (...permissions: Principal['permissions']): Principal => ({ ...BOB, kind: 'user', issuedBy: null, roles: [], permissions, tenant: null });
const input = (sha256: string, query: Record<string, string>) => ({ params: { sha256 }, query: ROUTES.listRecallRequests.query.parse(query), headers: undefined, body: undefined });

async function page(sha256: string, query: Record<string, string>, who = caller('operate', 'traces')) {
  return ROUTES.listRecallRequests.response.parse(await controller.requests(input(sha256, query), who));
}

async function pages(sha256: string, query: Record<string, string>) {
  const all = [await page(sha256, query)];
  for (let cursor = all[0]?.nextCursor ?? null; cursor !== null; cursor = all.at(-1)?.nextCursor ?? null) all.push(await page(sha256, { ...query, cursor }));
  return all;
}

it('lists by page the requests that releases with a version answered, before any recall and after', async () => {
  const requests = Array.from({ length: 8 }, (_, at) => request(at, 1, { releaseId: at < 5 ? bad : good }));
  await write(requests);
  const seen = async (): Promise<string[]> => (await pages(EXPERT, { limit: '2' })).flatMap(({ items }) => items.map(({ requestId }) => requestId)).toSorted();
  expect(await seen()).toEqual(idsOf(requests.slice(0, 5)));
  await recalls.recall(EXPERT, { caller: BOB, reason: 'leaks', force: false, cause: 'direct' });
  const report = ROUTES.getRecall.response.parse(await controller.get({ params: { sha256: EXPERT }, query: undefined, headers: undefined, body: undefined }));
  expect(report).toMatchObject({ kind: 'expert', recalled: { by: 'user:bob', reason: 'leaks' }, releases: [{ releaseId: bad, components: ['expert/0/0'], requests: 5 }] });
  expect(await seen()).toEqual(idsOf(requests.slice(0, 5)));
  expect(await page(EXPERT, {}, caller('operate'))).toMatchObject({ basis: 'release', looked: 5, found: 5, unknown: 0, unreadable: [] });
});

it('lists of them those whose trace selected the expert, with what it got, one audit entry a page', async () => {
  const hits = [0, 3, 4].map((at) => request(at, 0));
  const others = [1, 2, 5, 6].map((at) => request(at, 1));
  await write([...hits, ...others, request(7, 0, { releaseId: good })]);
  const all = await pages(EXPERT, { selected: 'true', limit: '2' });
  expect(all.flatMap(({ items }) => items.map(({ requestId }) => requestId)).toSorted()).toEqual(idsOf(hits));
  for (const { items } of all) for (const { experts } of items) expect(experts).toEqual([{ component: 'expert/0/0', tokens: 3, gateMass: 3 }]);
  expect(all.map(({ basis }) => basis)).toEqual(['selection', 'selection']);
  expect(all.reduce((sum, { looked }) => sum + looked, 0)).toBe(7);
  const entries = (await new AuditLog(store).list(10, null, { action: 'trace.search' })).toReversed();
  const last = (at: number): unknown => (entries[at]?.detail as { last?: unknown } | undefined)?.last;
  expect(entries).toMatchObject(all.map(({ looked, found }, at) => ({ actor: 'user:bob', subject: `component/${EXPERT}`, detail: { after: at === 0 ? null : last(at - 1), looked, found, unreadable: 0 } })));
  expect(last(0)).toMatchObject({ requestId: expect.any(String) });
});

it('takes an unused rank for no selection, and lists apart what does not open', async () => {
  const unused = [0, 1, 2].map((row) => ({ row, layer: 0, flags: DECISION_FLAGS.fallback }));
  const hit = request(0, 0);
  const sealedByAnother = request(3, 0);
  const foreign = { ...sealedByAnother, write: { ...sealedByAnother.write, sealedTrace: Uint8Array.of(1, 2, 3) } };
  await write([hit, request(2, 0, { flagged: unused, gate: 0 }), foreign]);
  const { items, unreadable, looked, found } = await page(EXPERT, { selected: 'true' });
  expect(items.map(({ requestId }) => requestId)).toEqual(idsOf([hit]));
  expect(unreadable.map(({ requestId }) => requestId)).toEqual(idsOf([foreign]));
  expect([looked, found]).toEqual([3, 1]);
});

it('opens 200 traces a page and goes on where it stopped, also behind a page without any', async () => {
  const oldest = request(0, 0);
  await write([oldest, ...Array.from({ length: 203 }, (_, at) => request(at + 2, 1))]);
  const all = await pages(EXPERT, { selected: 'true' });
  expect(all.map(({ looked, found, nextCursor }) => [looked, found, nextCursor !== null])).toEqual([[200, 0, true], [4, 1, false]]);
  expect(all[1]?.items[0]?.requestId).toBe(oldest.write.record.requestId);
});

it('counts as unknown what is past retention: for an expert, of hours in which it got tokens', async () => {
  const long = AT_MS - 20 * DAY_MS;
  await write([request(0, 0, { atMs: long }), request(1, 1, { atMs: long + 1 }), request(2, 1, { atMs: long + 7_200_000 }), request(3, 0, { atMs: long, releaseId: good }), request(4, 0)]);
  await new UsageFolder(store).run();
  expect(await page(EXPERT, { selected: 'true' })).toMatchObject({ found: 2, unknown: 0 });
  await new Retention(store, new TracePartitions(store), { ...DEFAULT_RETENTION, minuteDays: 10 }).run(AT_MS);
  expect(await page(EXPERT, { selected: 'true' })).toMatchObject({ found: 1, unknown: 2 });
  expect(await page(EXPERT, {})).toMatchObject({ found: 1, unknown: 3 });
  await store.query('DELETE FROM signalbox.trace');
  expect(await page(EXPERT, { selected: 'true' })).toMatchObject({ looked: 0, found: 0, unknown: 3, nextCursor: null });
});

it('answers for a router by release, opens no trace for it, and without the permission for traces nothing', async () => {
  await write([request(0, 0), request(2, 1, { releaseId: good })]);
  expect(await page(ROUTER, { selected: 'true' })).toMatchObject({ basis: 'release', looked: 2, found: 2, items: [{ experts: null }, { experts: null }] });
  expect(await new AuditLog(store).list(10, null, { action: 'trace.search' })).toEqual([]);
  await expect(controller.requests(input(EXPERT, { selected: 'true' }), caller('read', 'operate'))).rejects.toMatchObject({ status: 403, code: 'permission_missing', detail: expect.stringContaining('permission traces') });
});

it('gives nothing that is not on record', async () => {
  await write([request(0, 0)]);
  await store.query(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no audit'; END $$`);
  await store.query(`CREATE TRIGGER fail BEFORE INSERT ON signalbox.audit_entry FOR EACH ROW EXECUTE FUNCTION fail()`);
  await expect(page(EXPERT, { selected: 'true' })).rejects.toThrow(/no audit/);
});
