import { LessThan, type DataSource, type EntityManager } from 'typeorm';
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
  readonly requestId: string | null;
  /** The state that was changed, before and after; left out where there was none. */
  readonly before?: unknown;
  readonly after?: unknown;
  /** Why, in the words of who did it. */
  readonly reason?: string;
}

/** Writes an entry as part of the transaction that makes the change it describes. */
export async function appendAudit(manager: EntityManager, entry: AuditEntry): Promise<void> {
  await manager.query(
    `INSERT INTO signalbox.audit_entry (at, actor, action, subject, detail, request_id) VALUES ($1, $2, $3, $4, $5, $6)`,
    [new Date(entry.atMs), entry.actor, entry.action, entry.subject, JSON.stringify(entry.detail), entry.requestId],
  );
}

/** The append-only audit log. */
export class AuditLog {
  constructor(private readonly dataSource: DataSource) {}

  /** For what changes nothing, such as reading a trace; otherwise see appendAudit. */
  async append(entry: AuditEntry): Promise<void> {
    await appendAudit(this.dataSource.manager, entry);
  }

  /** Newest first; `beforeId` is the id of the last entry of the page before. */
  async list(limit: number, beforeId: string | null = null): Promise<readonly (AuditEntry & { readonly id: string })[]> {
    const rows = await this.dataSource.manager.find(AuditEntryEntity, {
      where: beforeId === null ? {} : { id: LessThan(beforeId) },
      order: { id: 'DESC' },
      take: limit,
    });
    return rows.map(({ at, ...same }) => ({ ...same, atMs: at.getTime() }));
  }
}
