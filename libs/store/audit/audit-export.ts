import { type DataSource, type EntityManager } from 'typeorm';
import { type Checkpoint } from '#libs/governance/audit/checkpoint';
import { type ExportedEntry } from '#libs/governance/audit/exported-entry';
import { everyCheckpoint } from './audit-checkpoints.ts';
import { AUDIT_COLUMNS, type AuditRow, type StoredAuditEntry, toStoredEntry } from './audit-rows.ts';

const PAGE = 500;

export type ExportPart = ({ readonly type: 'entry' } & ExportedEntry) | ({ readonly type: 'checkpoint' } & Checkpoint);

/**
 * The whole log in one snapshot: chained entries in order of `seq`, then those outside the chain by id,
 * then the checkpoints. A page is in memory at a time. Holds a connection until it is read to its end
 * or given up by `return()`.
 */
export async function* exportLog(dataSource: DataSource): AsyncGenerator<ExportPart> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.startTransaction('REPEATABLE READ');
    await runner.query('SET TRANSACTION READ ONLY');
    yield* entries(runner.manager, 'chained', 'seq IS NOT NULL ORDER BY seq');
    yield* entries(runner.manager, 'unchained', 'seq IS NULL ORDER BY id');
    for await (const checkpoint of everyCheckpoint(runner.manager, PAGE)) yield { type: 'checkpoint', ...checkpoint };
  } finally {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    await runner.release();
  }
}

/** A cursor, so that duplicates and gaps that someone made come out as they are: no page depends on the one before. */
async function* entries(manager: EntityManager, name: string, which: string): AsyncGenerator<ExportPart> {
  await manager.query(`DECLARE ${name} NO SCROLL CURSOR FOR SELECT ${AUDIT_COLUMNS} FROM signalbox.audit_entry WHERE ${which}`);
  for (;;) {
    const rows = (await manager.query(`FETCH ${PAGE} FROM ${name}`)) as AuditRow[];
    for (const row of rows) yield { type: 'entry', ...toExportedEntry(toStoredEntry(row)) };
    if (rows.length < PAGE) break;
  }
  await manager.query(`CLOSE ${name}`);
}

/** For files and answers: hashes in hexadecimal digits. */
export function toExportedEntry({ id, previousHash, hash, ...same }: StoredAuditEntry): ExportedEntry {
  return { ...same, id: Number(id), previousHash: hexOf(previousHash), hash: hexOf(hash) };
}

const hexOf = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString('hex'));
