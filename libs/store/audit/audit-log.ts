import { LessThan, type DataSource, type EntityManager } from 'typeorm';
import { CHAIN_START, entryHash, toAuditRecord } from '#libs/governance/audit/audit-record';
import { LOCKS } from '../locks.ts';
import { AuditEntryEntity } from './audit-entry.entity.ts';

/** One thing that was done, by whom and to what. `detail` holds no secret and no content. */
export interface AuditEntry {
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** The account: `user:<id>`, `service:<id>`, `key:<id>` or `system`. */
  readonly actor: string;
  /** Verb in the form `release.import`. */
  readonly action: string;
  /** What it was done to, e.g. `model/tiny-mixtral`. */
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
  /** The request that asked for it, where there was one. */
  readonly requestId: string | null;
  /** The state that was changed, before and after; left out where there was none. */
  readonly before?: unknown;
  readonly after?: unknown;
  /** Why, in the words of who did it. */
  readonly reason?: string;
}

/**
 * Writes an entry as part of the transaction that makes the change it describes, as its last statement:
 * from here to the commit it holds the lock that puts all entries into one chain, and locking anything
 * after it could deadlock. The transaction must be READ COMMITTED, so that the head read is the newest.
 * @throws Error outside a transaction: the lock would be gone before the entry is written
 */
export async function appendAudit(manager: EntityManager, entry: AuditEntry): Promise<void> {
  if (manager.queryRunner?.isTransactionActive !== true) throw new Error('appendAudit needs the transaction of the change: call it with the manager of dataSource.transaction()');
  await manager.query('SELECT pg_advisory_xact_lock($1)', [LOCKS.audit]);
  // A statement of its own: its snapshot must be taken after the lock is granted.
  const [head] = (await manager.query('SELECT seq, hash FROM signalbox.audit_entry WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1')) as { seq: string; hash: Buffer }[];
  const previousHash = head?.hash ?? CHAIN_START;
  const record = toAuditRecord(entry, head ? Number(head.seq) + 1 : 1);
  await manager.query(
    `INSERT INTO signalbox.audit_entry (at, actor, action, subject, detail, request_id, reason, before, after, seq, prev_hash, hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      record.at, record.actor, record.action, record.subject, JSON.stringify(record.detail), record.requestId, record.reason,
      jsonOrNull(record.before), jsonOrNull(record.after), record.seq, Buffer.from(previousHash), entryHash(record, previousHash),
    ],
  );
}

const jsonOrNull = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

/** The append-only audit log. */
export class AuditLog {
  constructor(private readonly dataSource: DataSource) {}

  /** For what changes nothing, such as reading a trace; otherwise see appendAudit. */
  async append(entry: AuditEntry): Promise<void> {
    await this.dataSource.transaction((manager) => appendAudit(manager, entry));
  }

  /** Newest first; `beforeId` is the id of the last entry of the page before. */
  async list(limit: number, beforeId: string | null = null): Promise<readonly (AuditEntry & { readonly id: string })[]> {
    const rows = await this.dataSource.manager.find(AuditEntryEntity, {
      where: beforeId === null ? {} : { id: LessThan(beforeId) },
      order: { id: 'DESC' },
      take: limit,
    });
    return rows.map(({ id, at, actor, action, subject, detail, requestId }) => ({ id, atMs: at.getTime(), actor, action, subject, detail, requestId }));
  }
}
