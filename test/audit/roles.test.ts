import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AuditCheckpoints } from '#libs/store/audit/audit-checkpoints';
import { adoptEntries } from '#libs/store/audit/adopt-entries';
import { AuditLog } from '#libs/store/audit/audit-log';
import { actingAs, readProtection } from '#libs/store/audit/audit-roles';
import { applicationUrl, createDataSource, migrate, protect, revert } from '#libs/store/data-source';
import { auditSigner } from '../../apps/control/audit/stored-audit.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { saveRelease, RELEASE } from '../store/store.fixture.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const ENTRY = { atMs: 0, actor: 'system', action: 'test.act', subject: 'x', detail: {}, requestId: null };
const FORBIDDEN = [
  "UPDATE signalbox.audit_entry SET actor = 'x'",
  'DELETE FROM signalbox.audit_entry',
  'TRUNCATE signalbox.audit_entry',
  'ALTER TABLE signalbox.audit_entry DISABLE TRIGGER ALL',
  'DROP TRIGGER audit_entry_append_only ON signalbox.audit_entry',
  'UPDATE signalbox.audit_checkpoint SET tree_size = 9',
  'DELETE FROM signalbox.audit_checkpoint',
  'CREATE OR REPLACE FUNCTION signalbox.lock_audit_entries() RETURNS void LANGUAGE sql AS $$ SELECT $$',
];

async function expectInsertOnly(store: DataSource): Promise<void> {
  await new AuditLog(store).append(ENTRY);
  expect(await new AuditCheckpoints(store).insert(auditSigner(Buffer.alloc(32, 7)).sign({ treeSize: 1, root: '00'.repeat(32), at: new Date(0).toISOString() }))).toBe(true);
  await store.query(`INSERT INTO signalbox.audit_entry (at, actor, action, subject, detail) VALUES (now(), 'old', 'old.act', 'x', '{}')`);
  expect(await store.transaction((manager) => adoptEntries(manager, { atMs: 0, actor: 'system', requestId: null }))).toMatchObject({ entries: 1 });
  for (const sql of FORBIDDEN) await expect(store.query(sql), sql).rejects.toThrow(/permission denied|must be owner/);
  // All else goes on.
  await saveRelease(store, RELEASE, 0);
  expect(await new AuditLog(store).list(10)).toHaveLength(4);
}

test('what a superuser runs acts as a role that can only insert into the audit tables', async () => {
  const url = await server.createDatabase();
  const admin = await createDataSource({ url }).initialize();
  await migrate(admin);
  expect(await readProtection(admin)).toMatchObject({ kind: 'triggers-only', reason: 'not-set-up' });
  const protection = await protect(admin);
  expect(await readProtection(admin)).toEqual(protection);
  expect(await applicationUrl(url)).toBe(actingAs(url, protection));
  expect(protection).toMatchObject({ kind: 'insert-only', role: expect.stringMatching(/^signalbox_app_t_/) as string });
  const store = await createDataSource({ url: actingAs(url, protection) }).initialize();
  try {
    await expectInsertOnly(store);
    await expect(store.query('CREATE TABLE signalbox.mine (n int)')).rejects.toThrow('permission denied');
    // Tables that come later are its own to use.
    await admin.query('CREATE TABLE signalbox.later (n int GENERATED ALWAYS AS IDENTITY, x int)');
    await store.query('INSERT INTO signalbox.later (x) VALUES (1)');
    // The role outlives a way down and up again, and stands after it.
    await admin.query('DROP TABLE signalbox.later');
    await revert(admin, admin.migrations.length);
    await migrate(admin);
    expect(await protect(admin)).toEqual(protection);
    await expect(store.query("UPDATE signalbox.audit_entry SET actor = 'x'")).rejects.toThrow('permission denied');
  } finally {
    await store.destroy();
    await admin.destroy();
  }
});

async function asLogin(rights: string): Promise<DataSource> {
  const url = new URL(await server.createDatabase());
  const name = `login${url.pathname.slice(1)}`;
  const admin = await createDataSource({ url: url.href }).initialize();
  await admin.query(`CREATE ROLE ${name} LOGIN ${rights}; ALTER DATABASE ${url.pathname.slice(1)} OWNER TO ${name}`);
  await admin.destroy();
  url.username = name;
  return createDataSource({ url: url.href }).initialize();
}

test('a login that may create roles can only insert after it, and migrates up and down all the same', async () => {
  const store = await asLogin('CREATEROLE');
  try {
    await migrate(store);
    const protection = await protect(store);
    expect(protection).toEqual({ kind: 'insert-only', role: null });
    expect(actingAs('postgres://x', protection)).toBe('postgres://x');
    expect(await protect(store)).toEqual(protection);
    await expectInsertOnly(store);
    const steps = store.migrations.length - 9;
    await revert(store, steps);
    expect(await migrate(store)).toHaveLength(steps);
    expect(await protect(store)).toEqual(protection);
    await expect(store.query("UPDATE signalbox.audit_entry SET actor = 'x'")).rejects.toThrow('permission denied');
  } finally {
    await store.destroy();
  }
});

test('a login that may not create roles keeps the triggers, and is told so', async () => {
  const store = await asLogin('NOCREATEROLE');
  try {
    await migrate(store);
    expect(await protect(store)).toMatchObject({ kind: 'triggers-only', reason: 'login-may-not-create-roles' });
    await new AuditLog(store).append(ENTRY);
    await expect(store.query("UPDATE signalbox.audit_entry SET actor = 'x'")).rejects.toThrow('append-only');
  } finally {
    await store.destroy();
  }
});

test('a role is added to the options that a URL has', () => {
  const protection = { kind: 'insert-only', role: 'app' } as const;
  expect(actingAs('postgres://u@h/d', protection)).toBe('postgres://u@h/d?options=-c%20role%3Dapp');
  expect(actingAs('postgres://u@h/d?sslmode=require&options=-c%20work_mem%3D8MB', protection)).toBe('postgres://u@h/d?sslmode=require&options=-c%20work_mem%3D8MB%20-c%20role%3Dapp');
});
