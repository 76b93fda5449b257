import { type DataSource, type EntityManager } from 'typeorm';
import { type FreezeWindow } from '#libs/governance/change/freeze-window';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';

export interface StoredFreeze extends FreezeWindow {
  /** Counts the writes: the ETag. */
  readonly generation: number;
  readonly createdBy: string;
}

const COLUMNS = 'id, name, reason, model, starts_at, ends_at, generation, created_by';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly reason: string;
  readonly model: string | null;
  readonly starts_at: Date;
  readonly ends_at: Date;
  readonly generation: number;
  readonly created_by: string;
}

export type FreezeOutcome = { readonly outcome: 'written'; readonly freeze: StoredFreeze } | { readonly outcome: 'stale'; readonly generation: number } | { readonly outcome: 'missing' };

/** Times in which nothing is to change. Every write carries its audit entry. */
export class FreezeWindows {
  constructor(private readonly dataSource: DataSource) {}

  async find(id: string): Promise<StoredFreeze | null> {
    const rows: Row[] = await this.dataSource.query(`SELECT ${COLUMNS} FROM signalbox.freeze_window WHERE id = $1 AND deleted_at IS NULL`, [id]);
    return rows[0] ? toFreeze(rows[0]) : null;
  }

  /** Latest end first; `after` is the last of the page before. */
  async list(limit: number, after: { readonly endsAtMs: number; readonly id: string } | null): Promise<readonly StoredFreeze[]> {
    const rows: Row[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM signalbox.freeze_window
       WHERE deleted_at IS NULL AND ($2::timestamptz IS NULL OR ends_at < $2 OR (ends_at = $2 AND id > $3::uuid))
       ORDER BY ends_at DESC, id LIMIT $1`,
      [limit, after && new Date(after.endsAtMs), after?.id ?? null],
    );
    return rows.map(toFreeze);
  }

  /** Those that hold at some time of a range, earliest first; those of all models concern each. */
  async between({ fromMs, toMs, model, limit }: { readonly fromMs: number; readonly toMs: number; readonly model: string | null; readonly limit: number }): Promise<readonly StoredFreeze[]> {
    const rows: Row[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM signalbox.freeze_window
       WHERE deleted_at IS NULL AND starts_at < $2 AND ends_at > $1 AND ($3::text IS NULL OR model IS NULL OR model = $3) ORDER BY starts_at, id LIMIT $4`,
      [new Date(fromMs), new Date(toMs), model, limit],
    );
    return rows.map(toFreeze);
  }

  /** Those that hold at a time. */
  async at(nowMs: number, manager: EntityManager = this.dataSource.manager): Promise<readonly StoredFreeze[]> {
    const rows: Row[] = await manager.query(`SELECT ${COLUMNS} FROM signalbox.freeze_window WHERE deleted_at IS NULL AND starts_at <= $1 AND ends_at > $1`, [new Date(nowMs)]);
    return rows.map(toFreeze);
  }

  async insert({ id, name, reason, model, startsAtMs, endsAtMs, createdBy }: Omit<StoredFreeze, 'generation'>, atMs: number, audit: AuditEntry): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query(
        `INSERT INTO signalbox.freeze_window (id, name, reason, model, starts_at, ends_at, generation, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8)`,
        [id, name, reason, model, new Date(startsAtMs), new Date(endsAtMs), createdBy, new Date(atMs)],
      );
      await appendAudit(manager, audit);
    });
  }

  /** Writes a window anew, or takes it away (`wanted` null). */
  async write(id: string, expectedGeneration: number, wanted: FreezeWindow | null, atMs: number, audit: (before: StoredFreeze) => AuditEntry): Promise<FreezeOutcome> {
    return this.dataSource.transaction(async (manager) => {
      const rows: Row[] = await manager.query(`SELECT ${COLUMNS} FROM signalbox.freeze_window WHERE id = $1 AND deleted_at IS NULL FOR UPDATE`, [id]);
      const before = rows[0] && toFreeze(rows[0]);
      if (!before) return { outcome: 'missing' };
      if (before.generation !== expectedGeneration) return { outcome: 'stale', generation: before.generation };
      const next: FreezeWindow = wanted ?? before;
      await manager.query(
        'UPDATE signalbox.freeze_window SET name = $2, reason = $3, model = $4, starts_at = $5, ends_at = $6, deleted_at = $7, generation = generation + 1 WHERE id = $1',
        [id, next.name, next.reason, next.model, new Date(next.startsAtMs), new Date(next.endsAtMs), wanted === null ? new Date(atMs) : null],
      );
      await appendAudit(manager, audit(before));
      return { outcome: 'written', freeze: { ...before, ...next, generation: before.generation + 1 } };
    });
  }
}

function toFreeze(row: Row): StoredFreeze {
  return { id: row.id, name: row.name, reason: row.reason, model: row.model, startsAtMs: row.starts_at.getTime(), endsAtMs: row.ends_at.getTime(), generation: row.generation, createdBy: row.created_by };
}
