import { type DataSource, type EntityManager } from 'typeorm';
import { type Silence } from '#libs/alerting/notify/mute';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';

/** Silences in force or to come at one time. */
export const MAX_SILENCES = 1000;

export interface StoredSilence extends Silence {
  readonly comment: string;
  readonly createdBy: string;
  readonly createdAtMs: number;
  /** Who ended it before its time; null: nobody. */
  readonly expiredBy: string | null;
}

interface Row {
  readonly id: string;
  readonly matchers: Silence['matchers'];
  readonly comment: string;
  readonly starts_at: Date;
  readonly ends_at: Date;
  readonly created_by: string;
  readonly created_at: Date;
  readonly expired_by: string | null;
}

const COLUMNS = 'id, matchers, comment, starts_at, ends_at, created_by, created_at, expired_by';

/** Silences are ended, never deleted. */
export class Silences {
  constructor(private readonly dataSource: DataSource) {}

  /** Latest end first; `after` is the last of the page before. */
  async list({ limit, after, onlyLiveAtMs }: { readonly limit: number; readonly after: { readonly untilMs: number; readonly id: string } | null; readonly onlyLiveAtMs: number | null }): Promise<readonly StoredSilence[]> {
    const rows: Row[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM signalbox.silence
       WHERE ($2::timestamptz IS NULL OR ends_at < $2 OR (ends_at = $2 AND id > $3::uuid)) AND ($4::timestamptz IS NULL OR ends_at > $4)
       ORDER BY ends_at DESC, id LIMIT $1`,
      [limit, after && new Date(after.untilMs), after?.id ?? null, onlyLiveAtMs === null ? null : new Date(onlyLiveAtMs)],
    );
    return rows.map(toSilence);
  }

  /** False where MAX_SILENCES are in force or to come. */
  async insert(silence: StoredSilence, audit: AuditEntry): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const [count]: { n: string }[] = await manager.query('SELECT count(*) AS n FROM signalbox.silence WHERE ends_at > $1', [new Date(silence.createdAtMs)]);
      if (Number(count?.n) >= MAX_SILENCES) return false;
      await manager.query('INSERT INTO signalbox.silence (id, matchers, comment, starts_at, ends_at, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)', [
        silence.id, JSON.stringify(silence.matchers), silence.comment, new Date(silence.fromMs), new Date(silence.untilMs), silence.createdBy, new Date(silence.createdAtMs),
      ]);
      await appendAudit(manager, audit);
      return true;
    });
  }

  /** Ends a silence now; one that has ended stays as it is, and its audit entry is written all the same. Null: there is none. */
  async expire(id: string, atMs: number, audit: (before: StoredSilence) => AuditEntry): Promise<StoredSilence | null> {
    return this.dataSource.transaction(async (manager) => {
      const rows: Row[] = await manager.query(`SELECT ${COLUMNS} FROM signalbox.silence WHERE id = $1 FOR UPDATE`, [id]);
      const before = rows[0] && toSilence(rows[0]);
      if (!before) return null;
      const entry = audit(before);
      const isLive = before.untilMs > atMs;
      const next = isLive ? { ...before, fromMs: Math.min(before.fromMs, atMs), untilMs: atMs, expiredBy: entry.actor } : before;
      if (isLive) await manager.query('UPDATE signalbox.silence SET starts_at = $2, ends_at = $3, expired_by = $4 WHERE id = $1', [id, new Date(next.fromMs), new Date(next.untilMs), entry.actor]);
      await appendAudit(manager, entry);
      return next;
    });
  }
}

export async function silencesAt(manager: EntityManager, nowMs: number): Promise<readonly StoredSilence[]> {
  const rows: Row[] = await manager.query(`SELECT ${COLUMNS} FROM signalbox.silence WHERE starts_at <= $1 AND ends_at > $1 LIMIT $2`, [new Date(nowMs), MAX_SILENCES]);
  return rows.map(toSilence);
}

function toSilence({ id, matchers, comment, starts_at, ends_at, created_by, created_at, expired_by }: Row): StoredSilence {
  return { id, matchers, comment, fromMs: starts_at.getTime(), untilMs: ends_at.getTime(), createdBy: created_by, createdAtMs: created_at.getTime(), expiredBy: expired_by };
}
