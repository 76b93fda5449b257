import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { auditSchema, type auditProofSchema, checkpointsSchema } from '#libs/contract/management/audit';
import { leafHash, verifyInclusion } from '#libs/governance/audit/merkle-tree';
import { digestApiKey, generateApiKey } from '#libs/platform/auth/api-key';
import { AuditLog } from '#libs/store/audit/audit-log';
import { actingAs } from '#libs/store/audit/audit-roles';
import { createDataSource, migrate, protect } from '#libs/store/data-source';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { StoreModule } from '#libs/store/store.module';
import { type z } from 'zod';
import { runCli } from '../../apps/cli/program.ts';
import { CheckpointKeeper } from '../../apps/control/audit/checkpoint-keeper.ts';
import { ControlModule } from '../../apps/control/control.module.ts';
import { storedControlPorts } from '../../apps/control/stored-ports.ts';
import { until } from '../harness/until.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';

const START_MS = Date.parse('2026-03-10T12:00:00Z');
const ENTRIES = 2000;
/** What is signed when is looked at here: nothing is by the clock. */
const NEVER_MS = 86_400_000;
let postgres: TestPostgres;
let admin: DataSource;
let app: NestFastifyApplication;
let url: string;
let key: string;
let home: string;

beforeAll(async () => {
  postgres = await startPostgres();
  const database = await postgres.createDatabase();
  admin = await createDataSource({ url: database }).initialize();
  await migrate(admin);
  const protection = await protect(admin);
  key = generateApiKey();
  await new ApiKeys(admin).insert(
    { id: randomUUID(), name: 'auditor', scopes: ['read', 'audit', 'administer'], createdAtMs: START_MS, expiresAtMs: null, ...digestApiKey(key) },
    { atMs: START_MS, actor: 'system', action: 'key.create', subject: 'key/test', detail: {}, requestId: null },
  );
  const log = new AuditLog(admin);
  for (let n = 1; n < ENTRIES; n += 1) {
    await log.append({ atMs: START_MS + n * 1000, actor: `user:${n % 3}`, action: n % 2 === 0 ? 'activation.promote' : 'trace.read', subject: `model/${n % 5}`, detail: n % 100 === 0 ? { cause: 'direct' } : {}, requestId: `request-${n}` });
  }
  home = mkdtempSync(join(tmpdir(), 'signalbox-audit-'));
  const settings = { minRequests: 1, retentionDays: 7, version: '0.0.0', now: Date.now };
  const ports = storedControlPorts({ settings, home, traceKey: Buffer.alloc(32, 1), audit: { seed: Buffer.alloc(32, 9), everyEntries: 1000, everyMs: NEVER_MS } });
  app = await NestFactory.create<NestFastifyApplication>(
    { module: class Root {}, imports: [StoreModule.forRoot({ url: actingAs(database, protection) }), ControlModule.over(ports)] },
    new FastifyAdapter(),
    { logger: false, abortOnError: false },
  );
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  await app.get(CheckpointKeeper).sign();
});

afterAll(async () => {
  await app?.close();
  await admin?.destroy();
  await postgres?.stop();
  if (home) rmSync(home, { recursive: true, force: true });
});

const get = (path: string): Promise<Response> => fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${key}` } });
const list = async (query: string) => auditSchema.parse(await (await get(`/audit?${query}`)).json());

async function cli(...args: string[]): Promise<{ exitCode: number; out: string; notes: string }> {
  const out: string[] = [];
  const notes: string[] = [];
  const plain = (text: string): string => text;
  const exitCode = await runCli(args, {
    env: { SIGNALBOX_URL: url, SIGNALBOX_API_KEY: key }, columns: 80, rows: 24, isTty: false, colors: { dim: plain, red: plain, yellow: plain, bold: plain },
    signal: new AbortController().signal, workingDir: home, print: (text) => out.push(text), note: (text) => notes.push(text),
  });
  return { exitCode, out: out.join('\n'), notes: notes.join('\n') };
}

it('lists by actor, action or area, subject, request and time, a page at a time', async () => {
  expect((await list('requestId=request-7')).items.map(({ subject }) => subject)).toEqual(['model/2']);
  expect((await list('action=activation.*&actor=user:0&limit=3')).items.map(({ seq }) => seq)).toEqual([1999, 1993, 1987]);
  expect((await list('action=activation.*&limit=1')).items).toHaveLength(1);
  expect((await list('action=activation_*')).items).toEqual([]);
  expect((await list('subject=model/1&from=2026-03-10T12:00:00Z&to=2026-03-10T12:00:07Z')).items.map(({ seq }) => seq)).toEqual([7, 2]);
  const seen: (number | null)[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: z.output<typeof auditSchema> = await list(`limit=200&to=2026-03-10T13:00:00Z${cursor === '' ? '' : `&cursor=${cursor}`}`);
    seen.push(...page.items.map(({ seq }) => seq));
    cursor = page.nextCursor;
  }
  expect(seen).toEqual(Array.from({ length: ENTRIES }, (_, index) => ENTRIES - index));
  expect(await (await get('/audit?from=yesterday')).json()).toMatchObject({ status: 400, field: 'from' });
});

it('proves an entry by a checkpoint, and not one that has none yet', async () => {
  const [item] = (await list('requestId=request-700')).items;
  const { entry, proof } = (await (await get(`/audit/${item!.id}`)).json()) as z.output<typeof auditProofSchema>;
  expect(entry).toEqual(item);
  expect(proof?.checkpoint.treeSize).toBe(ENTRIES);
  const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
  expect(verifyInclusion({ leafHash: leafHash(bytes(entry.hash!)), index: proof!.leafIndex, size: ENTRIES, path: proof!.path.map(bytes), root: bytes(proof!.checkpoint.root) })).toBe(true);
  await new AuditLog(admin).append({ atMs: START_MS, actor: 'user:1', action: 'late.act', subject: 'x', detail: {}, requestId: null });
  // Entries of every place: in remembered parts, at their edges, at the ragged end.
  for (const seq of [1, 2, 511, 512, 513, 1024, 1025, 1536, 1537, 1999, 2000]) {
    const { entry: one, proof: its } = (await (await get(`/audit/${seq}`)).json()) as z.output<typeof auditProofSchema>;
    expect(verifyInclusion({ leafHash: leafHash(bytes(one.hash!)), index: seq - 1, size: ENTRIES, path: its!.path.map(bytes), root: bytes(its!.checkpoint.root) }), String(seq)).toBe(true);
  }
  const [late] = (await list('action=late.act')).items;
  expect(await (await get(`/audit/${late!.id}`)).json()).toMatchObject({ proof: null });
  expect(await (await get('/audit/999999')).json()).toMatchObject({ status: 404, code: 'audit_entry_not_found' });
  expect(checkpointsSchema.parse(await (await get('/audit/checkpoints')).json()).items).toEqual([proof!.checkpoint]);
  expect(await (await get('/audit/key')).json()).toMatchObject({ keyId: proof!.checkpoint.keyId, latestNote: expect.stringContaining('signalbox/audit\n2000\n') as string });
});

it('exports by the command line, audited, and verifies offline with witness, key and an earlier export', async () => {
  expect(await cli('audit', 'export', '--out', 'first.ndjson')).toMatchObject({ exitCode: 0 });
  const exported = (await list('action=audit.export')).items;
  expect(exported).toMatchObject([{ requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string }]);
  expect(readFileSync(join(home, 'first.ndjson'), 'utf8')).toContain('"action":"audit.export"');
  expect(await cli('audit', 'export', '--out', 'first.ndjson')).toMatchObject({ exitCode: 2, notes: expect.stringContaining('exists') as string });
  await app.get(CheckpointKeeper).sign();
  expect(await cli('audit', 'export', '--out', 'second.ndjson', '--with-dossiers', 'dossiers')).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(readFileSync(join(home, 'dossiers', 'index.json'), 'utf8'))).toMatchObject({ changes: [], bypasses: { count: 19 } });
  expect(readFileSync(join(home, 'dossiers', 'bypasses.ndjson'), 'utf8').split('\n')[0]).toContain('"seq":101');
  const { keyId } = (await (await get('/audit/key')).json()) as { keyId: string };
  const verified = await cli('audit', 'verify', 'second.ndjson', '--witness', 'audit-witness.ndjson', '--key', keyId, '--since', 'first.ndjson');
  expect(verified, verified.out).toMatchObject({ exitCode: 0 });
  expect(verified.out).toContain('Entries 1 to 2002 are those that were signed');
  expect(verified.out).toContain('The log begins with the 2002 entries of the earlier export.');
  expect(await cli('audit', 'verify', 'second.ndjson', '--key', '00'.repeat(32))).toMatchObject({ exitCode: 1, notes: expect.stringContaining('does not verify') as string });
  expect(await cli('audit', 'verify', 'missing.ndjson')).toMatchObject({ exitCode: 2 });
  const listed = await cli('audit', 'list', '--action', 'audit.*', '--json');
  expect((JSON.parse(listed.out) as unknown[]).length).toBe(2);
});

it('gives up an export whose reader went away', async () => {
  const running = await get('/audit/export');
  expect(running.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  await running.body?.cancel();
  await until(async () => {
    const next = await get('/audit/export');
    const text = await next.text();
    return next.status === 200 && text.includes('"type":"end"');
  }, 120_000);
});

it('adopts what an older version wrote, by whom and why', async () => {
  await admin.query(`INSERT INTO signalbox.audit_entry (at, actor, action, subject, detail) VALUES (now(), 'key:1', 'old.act', 'x', '{}')`);
  expect(await cli('audit', 'adopt', '--reason', 'rolling upgrade')).toMatchObject({ exitCode: 0, out: '1 entry is adopted.' });
  expect(await cli('audit', 'adopt', '--reason', 'again')).toMatchObject({ exitCode: 0, out: 'No entry is outside the chain.' });
  expect((await list('action=audit.adopt')).items).toMatchObject([{ reason: 'rolling upgrade', details: { entries: 1 } }]);
});
