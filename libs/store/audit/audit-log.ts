import { type DataSource, type EntityManager } from 'typeorm';
import { CHAIN_START, entryHash, toAuditRecord } from '#libs/governance/audit/audit-record';
import { LOCKS } from '../locks.ts';
import { auditedRequestId } from './audit-request.ts';
import { AUDIT_COLUMNS, type AuditRow, type StoredAuditEntry, toStoredEntry } from './audit-rows.ts';

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
  /** The request that asked for it; null: that of the context, see `auditedAs`, if there is one. */
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
  const record = toAuditRecord({ ...entry, requestId: entry.requestId ?? auditedRequestId() }, head ? Number(head.seq) + 1 : 1);
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

/** Which entries to list; all of what is given must fit. */
export interface AuditFilter {
  readonly actor?: string;
  /** One action, or all of an area: `activation.*`. */
  readonly action?: string;
  /** One subject, or all of a kind: `key/*`. */
  readonly subject?: string;
  readonly requestId?: string;
  /** Epoch milliseconds; `fromMs` included, `toMs` not. */
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** The append-only audit log. */
export class AuditLog {
  constructor(private readonly dataSource: DataSource) {}

  /** For what changes nothing, such as reading a trace; otherwise see appendAudit. */
  async append(entry: AuditEntry): Promise<void> {
    await this.dataSource.transaction((manager) => appendAudit(manager, entry));
  }

  /** Newest first; `beforeId` is the id of the last entry of the page before. */
  async list(limit: number, beforeId: string | null = null, filter: AuditFilter = {}): Promise<readonly StoredAuditEntry[]> {
    const values: unknown[] = [];
    const conditions: string[] = [];
    const where = (condition: string, value: unknown): void => {
      if (value === undefined || value === null) return;
      values.push(value);
      conditions.push(`${condition} $${values.length}`);
    };
    where('id <', beforeId);
    where('actor =', filter.actor);
    where('request_id =', filter.requestId);
    where('at >=', filter.fromMs === undefined ? null : new Date(filter.fromMs));
    where('at <', filter.toMs === undefined ? null : new Date(filter.toMs));
    const whereOrArea = (column: 'action' | 'subject', value: string | undefined, area: '.*' | '/*'): void => {
      if (value?.endsWith(area) === true) where(`${column} LIKE`, `${value.slice(0, -1).replaceAll(/[\\%_]/g, String.raw`\$&`)}%`);
      else where(`${column} =`, value);
    };
    whereOrArea('action', filter.action, '.*');
    whereOrArea('subject', filter.subject, '/*');
    values.push(limit);
    const rows: AuditRow[] = await this.dataSource.query(
      `SELECT ${AUDIT_COLUMNS} FROM signalbox.audit_entry ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`} ORDER BY id DESC LIMIT $${values.length}`,
      values,
    );
    return rows.map(toStoredEntry);
  }

  async find(id: string): Promise<StoredAuditEntry | null> {
    const [row]: AuditRow[] = await this.dataSource.query(`SELECT ${AUDIT_COLUMNS} FROM signalbox.audit_entry WHERE id = $1`, [id]);
    return row ? toStoredEntry(row) : null;
  }
}
