import { DDSketch } from '@datadog/sketches-js';
import { randomUUID } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { AuditLog } from '#libs/store/audit/audit-log';
import { TracePartitions } from '#libs/store/capture/partitions';
import { CaptureLedger } from '#libs/store/capture/ledger';
import { ExpertFigures } from '#libs/store/figures/expert-figures';
import { ImportJobs } from '#libs/store/imports/import-jobs';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { LOCKS } from '#libs/store/locks';
import { ReleaseOutlines } from '#libs/store/releases/release-outlines';
import { Releases } from '#libs/store/releases/releases';
import { UsageFolder } from '#libs/store/usage/usage-folder';
import { DEFAULT_RETENTION } from '#libs/store/retention/plan-retention';
import { Retention } from '#libs/store/retention/retention';
import { RequestLatencyReader } from '#libs/store/traces/request-latency';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { batchOf, captured, openStore, OTHER_RELEASE, random, randomTrace, RELEASE, saveRelease, writerOf } from './store.fixture.ts';

const NOW = Date.parse('2026-03-10T12:00:00Z');
const DAY = 86_400_000;
let server: TestPostgres;
let store: DataSource;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  store = await openStore(await server.createDatabase());
  return () => store.destroy();
});

test('the first release of a model serves, a second one is only saved, and each leaves one audit entry', async () => {
  const releases = new Releases(store);
  await saveRelease(store, RELEASE, NOW);
  await saveRelease(store, OTHER_RELEASE, NOW + 1);
  await saveRelease(store, RELEASE, NOW + 2);
  expect(await releases.activation('toy')).toEqual({ model: 'toy', stableRelease: RELEASE, previousRelease: null, generation: 1, updatedAtMs: NOW });
  expect((await releases.list(10, 'toy')).map(({ releaseId }) => releaseId)).toEqual([OTHER_RELEASE, RELEASE]);
  expect((await releases.find(RELEASE))?.manifest.components['router/0']).toBe(RELEASE);
  expect((await new AuditLog(store).list(10)).map(({ detail }) => detail)).toEqual([{ releaseId: OTHER_RELEASE }, { releaseId: RELEASE }]);
});

test('audit entries can be neither changed nor deleted', async () => {
  await new AuditLog(store).append({ atMs: NOW, actor: 'system', action: 'trace.read', subject: 'x', detail: {}, requestId: null });
  await expect(store.query('DELETE FROM signalbox.audit_entry')).rejects.toThrow(/append-only/);
  await expect(store.query(`UPDATE signalbox.audit_entry SET actor = 'me'`)).rejects.toThrow(/append-only/);
});

test('keys are found by prefix, touched coarsely and revoked once', async () => {
  const keys = new ApiKeys(store);
  const key = { id: randomUUID(), prefix: 'sb_abc', salt: Buffer.from('s'), hash: Buffer.from('h'), name: 'ci', scopes: ['infer'], createdAtMs: NOW, expiresAtMs: null };
  const audit = { atMs: NOW, actor: 'system', action: 'key.create', subject: 'key/sb_abc', detail: {}, requestId: 'r1' };
  await keys.insert(key, audit);
  await keys.touch(key.id, NOW + 1000);
  await keys.touch(key.id, NOW + 2000);
  expect(await keys.findByPrefix('sb_abc')).toEqual({
    ...key, revokedAtMs: null, lastUsedAtMs: NOW + 1000, accountId: null, issuedBy: null, tenant: null, requestsPerMinute: null, account: null,
  });
  expect(await keys.revoke(key.id, NOW + 3000, { ...audit, action: 'key.revoke' })).toBe(true);
  expect(await keys.revoke(key.id, NOW + 4000, { ...audit, action: 'key.revoke' })).toBe(false);
  expect((await keys.list(5)).map(({ revokedAtMs }) => revokedAtMs)).toEqual([NOW + 3000]);
  expect((await new AuditLog(store).list(10)).map(({ action }) => action)).toEqual(['key.revoke', 'key.create']);
  await expect(keys.insert({ ...key, id: randomUUID() }, audit)).rejects.toThrow(/duplicate key/);
  expect(await new AuditLog(store).list(10)).toHaveLength(2);
});

test('an import job moves on until it is finished', async () => {
  const jobs = new ImportJobs(store);
  const id = randomUUID();
  await jobs.create({ id, directory: '/models/x', model: 'x', parentRelease: null, createdAtMs: NOW });
  await jobs.progress(id, { stage: 'experts', doneBytes: 5, totalBytes: 9 });
  expect(await jobs.find(id)).toMatchObject({ status: 'running', progress: { stage: 'experts' }, finishedAtMs: null });
  await jobs.fail(id, { code: 'truncated-file', message: 'model.safetensors ends early' }, NOW + 1);
  await jobs.progress(id, { stage: 'late', doneBytes: 9, totalBytes: 9 });
  expect(await jobs.find(id)).toMatchObject({ status: 'failed', error: { code: 'truncated-file' }, progress: { stage: 'experts' }, finishedAtMs: NOW + 1 });
  expect(await jobs.list(5)).toHaveLength(1);
  await saveRelease(store, RELEASE, NOW);
  const other = randomUUID();
  await jobs.create({ id: other, directory: '/models/y', model: 'y', parentRelease: null, createdAtMs: NOW });
  await jobs.succeed(other, { releaseId: RELEASE, summary: 'router release', warnings: ['left out: x'] }, NOW + 2);
  expect(await jobs.find(other)).toMatchObject({ status: 'succeeded', releaseId: RELEASE, summary: 'router release', warnings: ['left out: x'] });
});

test('retention drops old days and entries, keeps the rest, and one process does it', async () => {
  await saveRelease(store, RELEASE, NOW);
  const next = random(1);
  const old = batchOf([captured(randomTrace(next, 2), NOW - 20 * DAY)], NOW - 20 * DAY);
  const kept = batchOf([captured(randomTrace(next, 3), NOW - 2 * DAY)], NOW - 2 * DAY);
  await writerOf(store).write(old);
  await writerOf(store).write(kept);
  expect(await new UsageFolder(store).run()).toEqual({ status: 'done', foldedRows: 2 });
  const retention = new Retention(store, new TracePartitions(store), { ...DEFAULT_RETENTION, minuteDays: 10 });
  const rival = store.createQueryRunner();
  await rival.query('SELECT pg_advisory_lock($1)', [LOCKS.retention]);
  expect(await retention.run(NOW)).toEqual({ status: 'another-process-does-it' });
  await rival.query('SELECT pg_advisory_unlock($1)', [LOCKS.retention]);
  await rival.release();

  const outcome = await retention.run(NOW);
  expect(outcome).toMatchObject({ status: 'done', droppedPartitions: ['trace_20260218'] });
  expect(await new CaptureLedger(store).written([old.batchId, kept.batchId])).toEqual(new Set([kept.batchId]));
  expect(await store.query('SELECT routed_tokens FROM signalbox.trace')).toEqual([{ routed_tokens: 3 }]);
  expect(await store.query(`SELECT DISTINCT tokens::int FROM signalbox.usage_minute`)).toEqual([{ tokens: 3 }]);
  expect(await store.query(`SELECT DISTINCT tokens::int FROM signalbox.usage_hour ORDER BY 1`)).toEqual([{ tokens: 2 }, { tokens: 3 }]);
  expect(await store.query(`SELECT to_regclass('signalbox.trace_20260312') IS NOT NULL AS ahead`)).toEqual([{ ahead: true }]);
});

test('a writer that knew a day which retention dropped makes it again', async () => {
  await saveRelease(store, RELEASE, NOW);
  const writer = writerOf(store);
  await writer.write(batchOf([captured(randomTrace(random(1), 2), NOW)], NOW));
  await store.query('DROP TABLE signalbox.trace_20260310');
  expect(await writer.write(batchOf([captured(randomTrace(random(2), 2), NOW)], NOW))).toBe('written');
});

test('expert figures merge over flushes, and a repeated flush counts once', async () => {
  await saveRelease(store, RELEASE, NOW);
  const figures = new ExpertFigures(store, new ReleaseOutlines(store));
  const flush = (seconds: number) => {
    const sketch = new DDSketch({ relativeAccuracy: 0.01 });
    for (let i = 0; i < 10; i += 1) sketch.accept(seconds);
    return { flushId: randomUUID(), atMs: NOW, releaseId: RELEASE, experts: [{ layer: 1, expert: 2, tokens: 40, runs: 10, latencySketch: sketch.toProto() }] };
  };
  const first = flush(0.001);
  await figures.write(first);
  await figures.write(first);
  await figures.write(flush(0.1));
  const [row] = await figures.read({ releaseIds: [RELEASE], fromMs: NOW - 60_000, toMs: NOW + 60_000, layer: null });
  expect(row).toMatchObject({ layer: 1, expert: 2, tokens: 80, runs: 20 });
  expect(row?.sketches.map((sketch) => DDSketch.fromProto(sketch).count)).toEqual([10, 10]);
  expect(await figures.read({ releaseIds: [RELEASE], fromMs: NOW - 60_000, toMs: NOW + 60_000, layer: 0 })).toEqual([]);
});

test('request times come from the traces of answered requests', async () => {
  await saveRelease(store, RELEASE, NOW);
  const next = random(9);
  const requests = [10, 20, 30].map((durationMs) => captured(randomTrace(next, 1), NOW, { durationMs }));
  await writerOf(store).write(batchOf([...requests, captured(randomTrace(next, 1), NOW, { durationMs: 9000, status: 'failed' })], NOW));
  const latency = await new RequestLatencyReader(store).read('toy', { fromMs: NOW, toMs: NOW + 1 });
  expect(latency).toMatchObject({ requests: 3, durationMs: { p50: 20 }, timeToFirstTokenMs: null });
});
