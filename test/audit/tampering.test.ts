import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type VerifyReport } from '#libs/governance/audit/verify-log';
import { CHAIN_START, entryHash } from '#libs/governance/audit/audit-record';
import { leafHash, treeRoot } from '#libs/governance/audit/merkle-tree';
import { WitnessFile } from '#libs/platform/home/witness-file';
import { AuditCheckpoints } from '#libs/store/audit/audit-checkpoints';
import { exportLog } from '#libs/store/audit/audit-export';
import { appendAudit } from '#libs/store/audit/audit-log';
import { AUDIT_COLUMNS, type AuditRow, toStoredEntry } from '#libs/store/audit/audit-rows';
import { AuditTree } from '#libs/store/audit/audit-tree';
import { createDataSource, migrate } from '#libs/store/data-source';
import { CheckpointKeeper } from '../../apps/control/audit/checkpoint-keeper.ts';
import { exportLines } from '../../apps/control/audit/export-lines.ts';
import { auditSigner } from '../../apps/control/audit/stored-audit.ts';
import { runCli } from '../../apps/cli/program.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';

const SIGNER = auditSigner(Buffer.alloc(32, 7));
const FORGER = auditSigner(Buffer.alloc(32, 8));
const ENTRIES = 20;

let server: TestPostgres;
let store: DataSource;
let home: string;
let keeper: CheckpointKeeper;

const newKeeper = (): CheckpointKeeper =>
  new CheckpointKeeper({ tree: new AuditTree(store), checkpoints: new AuditCheckpoints(store), signer: SIGNER, witness: new WitnessFile(home) }, { everyEntries: 1000, everyMs: 60_000, now: () => Date.parse('2026-03-10T12:00:00Z') });

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await startPostgres();
});
afterAll(() => server.stop());

/** A log of 20 entries with checkpoints of 5, 10, 15 and 20, an earlier export of 10, and an attacker who is superuser and has the triggers off. */
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'signalbox-tampering-'));
  store = await createDataSource({ url: await server.createDatabase() }).initialize();
  await migrate(store);
  keeper = newKeeper();
  for (let n = 1; n <= ENTRIES; n += 1) {
    await store.transaction((manager) => appendAudit(manager, { atMs: n * 1000, actor: `user:${n % 3}`, action: 'activation.promote', subject: 'model/toy', detail: { n, cause: 'direct' }, before: { stable: n }, after: { stable: n + 1 }, reason: `step ${n}`, requestId: null }));
    if (n % 5 === 0) await keeper.sign();
    if (n === 10) await exportTo('earlier.ndjson');
  }
  await store.query('ALTER TABLE signalbox.audit_entry DISABLE TRIGGER ALL; ALTER TABLE signalbox.audit_checkpoint DISABLE TRIGGER ALL');
  return async () => {
    await store.destroy();
    rmSync(home, { recursive: true, force: true });
  };
});

async function exportTo(name: string): Promise<void> {
  let text = '';
  for await (const line of exportLines({ export: () => exportLog(store) }, SIGNER, 0)) text += line;
  writeFileSync(join(home, name), text);
}

type Held = 'key' | 'witness' | 'since';

/** Exports and runs `signalbox audit verify` as an auditor would, with what the auditor holds. */
async function verify(...held: Held[]): Promise<VerifyReport & { exitCode: number; kinds: string[] }> {
  await exportTo('audit.ndjson');
  const printed: string[] = [];
  const plain = (text: string): string => text;
  const exitCode = await runCli(
    [
      'audit', 'verify', 'audit.ndjson', '--json',
      ...(held.includes('key') ? ['--key', SIGNER.keyId] : []),
      ...(held.includes('witness') ? ['--witness', 'audit-witness.ndjson'] : []),
      ...(held.includes('since') ? ['--since', 'earlier.ndjson'] : []),
    ],
    { env: {}, columns: 80, rows: 24, isTty: false, colors: { dim: plain, red: plain, yellow: plain, bold: plain }, signal: new AbortController().signal, workingDir: home, print: (text) => printed.push(text), note: () => undefined },
  );
  const report = JSON.parse(printed.join('\n')) as VerifyReport;
  return { ...report, exitCode, kinds: [...new Set(report.findings.map(({ kind }) => kind))].toSorted() };
}

/** All hashes anew, as an attacker who knows this code would compute them. */
async function rehash(): Promise<Uint8Array[]> {
  const rows: AuditRow[] = await store.query(`SELECT ${AUDIT_COLUMNS} FROM signalbox.audit_entry ORDER BY seq`);
  let previous = CHAIN_START;
  const leaves: Uint8Array[] = [];
  for (const { seq, ...entry } of rows.map(toStoredEntry)) {
    const hash = entryHash({ ...entry, seq: seq ?? 0 }, previous);
    await store.query('UPDATE signalbox.audit_entry SET prev_hash = $2, hash = $3 WHERE id = $1', [entry.id, Buffer.from(previous), hash]);
    leaves.push(leafHash(hash));
    previous = hash;
  }
  return leaves;
}

async function forgeCheckpoints(leaves: readonly Uint8Array[], signer = FORGER): Promise<void> {
  await store.query('DELETE FROM signalbox.audit_checkpoint');
  for (let size = 5; size <= leaves.length; size += 5) {
    await new AuditCheckpoints(store).insert(signer.sign({ treeSize: size, root: Buffer.from(treeRoot(leaves.slice(0, size))).toString('hex'), at: new Date(size).toISOString() }));
  }
}

test('an untouched log verifies, against the key, the witness and an earlier export', async () => {
  const report = await verify('key', 'witness', 'since');
  expect(report).toMatchObject({ exitCode: 0, ok: true, findings: [], entries: { chained: ENTRIES, unchained: 0 } });
  expect(report.proved).toHaveLength(4);
  expect(report.notProved).toHaveLength(1);
});

test.each([
  ['actor', "actor = 'user:9'"],
  ['action', "action = 'activation.abort'"],
  ['subject', "subject = 'model/other'"],
  ['detail', `detail = detail || '{"n": 8}'`],
  ['before', `before = '{"stable": 8}'`],
  ['after', 'after = NULL'],
  ['reason', "reason = 'step seven'"],
  ['request id', "request_id = 'r'"],
  ['time, by a microsecond', "at = at + interval '1 microsecond'"],
  ['hash', `hash = decode(repeat('00', 32), 'hex')`],
  ['hash before', `prev_hash = decode(repeat('00', 32), 'hex')`],
])('an edited %s is named', async (_, change) => {
  await store.query(`UPDATE signalbox.audit_entry SET ${change} WHERE seq = 7`);
  const report = await verify('key');
  expect(report).toMatchObject({ exitCode: 1, ok: false, proved: [] });
  expect(report.findings).toContainEqual(expect.objectContaining({ kind: 'altered-entry', seq: 7 }));
});

test('a deleted entry is named', async () => {
  await store.query('DELETE FROM signalbox.audit_entry WHERE seq = 7');
  expect((await verify('key')).findings).toEqual([{ kind: 'missing-entry', seq: 7, message: 'Entry 7 is missing.' }]);
});

test('two entries that changed places are named, by number and by content', async () => {
  await store.query('UPDATE signalbox.audit_entry SET seq = -seq WHERE seq IN (7, 9); UPDATE signalbox.audit_entry SET seq = 16 + seq WHERE seq < 0');
  expect((await verify('key')).findings).toEqual(expect.arrayContaining([expect.objectContaining({ kind: 'reordered-entry', message: 'Entry 7 (activation.promote) was entry 9.' }), expect.objectContaining({ kind: 'reordered-entry', message: 'Entry 9 (activation.promote) was entry 7.' })]));
  await store.query('UPDATE signalbox.audit_entry SET seq = -seq WHERE seq IN (7, 9); UPDATE signalbox.audit_entry SET seq = 16 + seq WHERE seq < 0');
  expect((await verify('key')).ok).toBe(true);
  await store.query(`UPDATE signalbox.audit_entry AS a SET at = b.at, actor = b.actor, detail = b.detail, before = b.before, after = b.after, reason = b.reason FROM signalbox.audit_entry AS b WHERE (a.seq, b.seq) IN ((7, 9), (9, 7))`);
  const { kinds, findings } = await verify('key');
  expect(kinds).toEqual(['reordered-entry']);
  expect(findings.map(({ seq }) => seq)).toEqual([7, 9]);
});

test('entries inserted in the middle are named, whichever way', async () => {
  const insert = (seq: string): string => `INSERT INTO signalbox.audit_entry (id, at, actor, action, subject, detail, seq, prev_hash, hash) OVERRIDING SYSTEM VALUE
    SELECT ${seq === 'NULL' ? 900 : 7}, at, 'user:9', action, subject, detail, ${seq}, ${seq === 'NULL' ? 'NULL, NULL' : 'prev_hash, hash'} FROM signalbox.audit_entry WHERE seq = 6`;
  await store.query(insert('NULL'));
  expect(await verify('key')).toMatchObject({ exitCode: 1, kinds: ['unchained-entry'] });
  await store.query('DELETE FROM signalbox.audit_entry WHERE seq IS NULL');
  // Room is made for it, and all is hashed anew: only what was signed shows it.
  await store.query(`ALTER TABLE signalbox.audit_entry ALTER COLUMN id SET GENERATED BY DEFAULT;
    UPDATE signalbox.audit_entry SET id = id + 1000, seq = seq + 1000 WHERE seq >= 7;
    UPDATE signalbox.audit_entry SET id = id - 999, seq = seq - 999 WHERE seq > 1000`);
  await store.query(insert('7'));
  expect((await verify('key')).kinds).toEqual(expect.arrayContaining(['altered-entry', 'broken-link']));
  await rehash();
  expect(await verify('key')).toMatchObject({ exitCode: 1, kinds: ['rewritten-log'], entries: { chained: ENTRIES + 1 } });
});

test('a cut-off end is named by the checkpoint, and where that went too, by witness or earlier export', async () => {
  await store.query('DELETE FROM signalbox.audit_entry WHERE seq > 8');
  expect(await verify('key')).toMatchObject({ exitCode: 1, kinds: ['truncated-log'] });
  await store.query('DELETE FROM signalbox.audit_checkpoint WHERE tree_size > 8');
  const alone = await verify('key');
  expect(alone).toMatchObject({ exitCode: 0 });
  expect(alone.notProved.join()).toContain('That nothing was cut off after the last checkpoint');
  expect((await verify('key', 'witness')).kinds).toEqual(['missing-checkpoint', 'truncated-log']);
  expect((await verify('key', 'since')).kinds).toEqual(['truncated-log']);
});

test('a log that was replaced as a whole is named', async () => {
  await store.query(`UPDATE signalbox.audit_entry SET actor = 'user:innocent'`);
  const leaves = await rehash();
  expect(await verify('key')).toMatchObject({ exitCode: 1, kinds: ['rewritten-log'] });
  await forgeCheckpoints(leaves);
  expect(await verify('key')).toMatchObject({ exitCode: 1, kinds: ['unknown-key'] });
  await forgeCheckpoints(leaves, SIGNER);
  // Whoever has the signing key too can write another log; what was seen before tells them apart.
  expect(await verify('key')).toMatchObject({ exitCode: 0 });
  expect((await verify('key', 'witness')).kinds).toEqual(['missing-checkpoint', 'rewritten-log']);
  expect((await verify('key', 'since')).kinds).toEqual(['rewritten-log']);
});

test('a swapped, changed or deleted checkpoint is named', async () => {
  await store.query(`UPDATE signalbox.audit_checkpoint AS a SET root = b.root, at = b.at, signature = b.signature FROM signalbox.audit_checkpoint AS b WHERE (a.tree_size, b.tree_size) IN ((5, 10), (10, 5))`);
  const { kinds, findings } = await verify('key');
  expect(kinds).toEqual(['bad-signature']);
  expect(findings.map(({ seq }) => seq)).toEqual([5, 10]);
  await store.query('DELETE FROM signalbox.audit_checkpoint WHERE tree_size <= 10');
  expect((await verify('key', 'witness')).findings.map(({ kind, seq }) => [kind, seq])).toEqual([['missing-checkpoint', 5], ['missing-checkpoint', 10]]);
});

test('a changed witness is named', async () => {
  const path = join(home, 'audit-witness.ndjson');
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('"treeSize":15', '"treeSize":14'));
  expect(await verify('key', 'witness')).toMatchObject({ exitCode: 1, kinds: ['bad-signature'] });
  writeFileSync(path, text.replace(/"root":"[0-9a-f]{64}"/, `"root":"${'0'.repeat(64)}"`));
  expect(await verify('key', 'witness')).toMatchObject({ exitCode: 1, kinds: ['bad-signature'] });
  writeFileSync(path, `${text}nonsense\n`);
  expect(await verify('key', 'witness')).toMatchObject({ exitCode: 1, kinds: ['malformed-line'] });
});

test('the keeper signs nothing over a log that contradicts what it saw, at work or after a start', async () => {
  expect(keeper.check()).toEqual({ ok: true, detail: `entries 1 to ${ENTRIES} are signed` });
  await store.query('DELETE FROM signalbox.audit_entry WHERE seq > 12; DELETE FROM signalbox.audit_checkpoint WHERE tree_size > 12');
  for (const one of [keeper, newKeeper()]) {
    await one.sign();
    expect(one.check()).toMatchObject({ ok: false, detail: expect.stringContaining('The audit log ends at entry 12; it had 20.') as string });
  }
  expect(await store.query('SELECT max(tree_size)::int FROM signalbox.audit_checkpoint')).toEqual([{ max: 10 }]);
});
