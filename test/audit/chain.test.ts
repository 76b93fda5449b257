import fc from 'fast-check';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { AuditChain1795219200010 } from '#migrations/1795219200010-audit-chain';
import { CHAIN_START, entryHash } from '#libs/governance/audit/audit-record';
import { adoptEntries } from '#libs/store/audit/adopt-entries';
import { appendAudit, type AuditEntry } from '#libs/store/audit/audit-log';
import { AUDIT_COLUMNS, type AuditRow, type StoredAuditEntry, toStoredEntry } from '#libs/store/audit/audit-rows';
import { createDataSource, migrate } from '#libs/store/data-source';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';

let server: TestPostgres;
let store: DataSource;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  store = await createDataSource({ url: await server.createDatabase(), poolSize: 20 }).initialize();
  await migrate(store);
  return () => store.destroy();
});

const entryOf = (part: Partial<AuditEntry> = {}): AuditEntry => ({ atMs: Date.parse('2026-03-10T12:00:00.123Z'), actor: 'user:1', action: 'test.act', subject: 'model/toy', detail: {}, requestId: null, ...part });

async function entries(): Promise<StoredAuditEntry[]> {
  const rows: AuditRow[] = await store.query(`SELECT ${AUDIT_COLUMNS} FROM signalbox.audit_entry ORDER BY id`);
  return rows.map(toStoredEntry);
}

function expectWholeChain(chain: readonly StoredAuditEntry[]): void {
  let previous = CHAIN_START;
  for (const [index, { seq, hash, previousHash, ...entry }] of chain.entries()) {
    expect(seq).toBe(index + 1);
    expect(Buffer.from(previousHash ?? []).equals(previous)).toBe(true);
    const expected = entryHash({ ...entry, seq: index + 1 }, previous);
    expect(Buffer.from(hash ?? []).toString('hex')).toBe(expected.toString('hex'));
    previous = expected;
  }
}

test('whatever an entry holds, its hash is found again from what the database gives back', async () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.constantFrom('\u0000', '\ud800', 'a\udc00b', '__proto__', '\u2028', '"\\'));
  const number = fc.oneof(fc.double({ noNaN: false }), fc.integer(), fc.constantFrom(-0, 5e-324, 1.7976931348623157e308, 1e21, 0.1 + 0.2, 2 ** 53, -1e-7));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, fc.constantFrom(null, true, undefined), text, number, fc.array(tie('value'), { maxLength: 4 }), fc.dictionary(text, tie('value'), { maxKeys: 5 }), fc.date({ noInvalidDate: true })),
  }));
  await fc.assert(
    fc.asyncProperty(fc.dictionary(text, value, { maxKeys: 5 }), value, value, text, fc.integer({ min: 0, max: 4e12 }), async (detail, before, after, reason, atMs) => {
      await store.transaction((manager) => appendAudit(manager, entryOf({ detail, before, after, reason, atMs, subject: reason })));
    }),
    { numRuns: 300 },
  );
  expectWholeChain(await entries());
  expect(await store.query('SELECT max(seq)::int FROM signalbox.audit_entry')).toEqual([{ max: 300 }]);
});

test('a value that would fill the log is named by its digest', async () => {
  await store.transaction((manager) => appendAudit(manager, entryOf({ before: 'x'.repeat(300_000), reason: 'y'.repeat(9000) })));
  const [entry] = await entries();
  expect(entry?.before).toMatchObject({ omitted: 'too-large', sizeBytes: 300_002 });
  expect(entry?.reason).toHaveLength(8192);
  expectWholeChain(await entries());
});

test('fifty transactions at once give one chain without gaps, also where some roll back and others lock rows first', async () => {
  await store.query('CREATE TABLE counted (id int PRIMARY KEY, n int NOT NULL); INSERT INTO counted SELECT i, 0 FROM generate_series(0, 4) AS i');
  const outcomes = await Promise.allSettled(
    Array.from({ length: 50 }, async (_, i) =>
      store.transaction(async (manager) => {
        if (i % 2 === 0) await manager.query('UPDATE counted SET n = n + 1 WHERE id = $1', [i % 5]);
        await appendAudit(manager, entryOf({ detail: { i } }));
        if (i % 10 === 9) throw new Error('rolled back');
      }),
    ),
  );
  expect(outcomes.filter(({ status }) => status === 'rejected').map((outcome) => (outcome as PromiseRejectedResult).reason as Error).map(({ message }) => message)).toEqual(Array.from({ length: 5 }, () => 'rolled back'));
  const chain = await entries();
  expect(chain).toHaveLength(45);
  expectWholeChain(chain);
});

test('an entry outside a transaction is refused, and so are changes', async () => {
  await expect(appendAudit(store.manager, entryOf())).rejects.toThrow('needs the transaction of the change');
  await store.transaction((manager) => appendAudit(manager, entryOf()));
  for (const sql of ["UPDATE signalbox.audit_entry SET actor = 'x'", 'DELETE FROM signalbox.audit_entry', 'TRUNCATE signalbox.audit_entry']) {
    await expect(store.query(sql)).rejects.toThrow('append-only');
  }
});

test('entries of a version without the chain are adopted by its first entry, and later ones on request', async () => {
  const migration = new AuditChain1795219200010();
  const runner = store.createQueryRunner();
  const oldInsert = `INSERT INTO signalbox.audit_entry (at, actor, action, subject, detail, request_id) VALUES (now(), 'key:1', 'old.act', 'x', '{"a": 1.50}', NULL)`;
  await runner.startTransaction();
  await migration.down(runner);
  for (let i = 0; i < 3; i += 1) await runner.query(oldInsert);
  await migration.up(runner);
  await runner.commitTransaction();
  await runner.release();
  await store.query(oldInsert);
  expect((await entries()).map(({ seq, action, detail }) => [seq, action, detail])).toMatchObject([
    [null, 'old.act', {}], [null, 'old.act', {}], [null, 'old.act', {}],
    [1, 'audit.adopt', { fromId: 1, toId: 3, entries: 3 }],
    [null, 'old.act', {}],
  ]);
  const adopt = () => store.transaction((manager) => adoptEntries(manager, { atMs: 0, actor: 'user:1', reason: 'rolling upgrade', requestId: null }));
  expect(await adopt()).toMatchObject({ fromId: 4, toId: 5, entries: 1 });
  expect(await adopt()).toBeNull();
  expectWholeChain((await entries()).filter(({ seq }) => seq !== null));
});
