import { type DataSource, type EntityManager } from 'typeorm';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import { type Baseline, BASELINE_COLUMNS, type BaselineRow, type BaselineState, type NewBaseline, toBaseline } from './baseline.ts';

export interface BaselinePage {
  readonly model: string | null;
  readonly state: BaselineState | null;
  readonly after: { readonly createdAtMs: number; readonly id: string } | null;
  readonly limit: number;
}

export type CreateOutcome = 'created' | 'too-many-freezing';
export type ChangeOutcome = { readonly outcome: 'changed' | 'generation-moved' | 'wrong-state'; readonly baseline: Baseline } | { readonly outcome: 'not-found' };

/** Baselines that freeze at the same time wait for each other; more than this are refused. */
export const MAX_FREEZING = 10;

/** Baselines as people and the API see them. */
export class Baselines {
  constructor(private readonly dataSource: DataSource) {}

  async find(id: string): Promise<Baseline | null> {
    const [row]: BaselineRow[] = await this.dataSource.query(`SELECT ${BASELINE_COLUMNS} FROM signalbox.baseline WHERE id = $1`, [id]);
    return row ? toBaseline(row) : null;
  }

  /** Newest first. */
  async page({ model, state, after, limit }: BaselinePage): Promise<readonly Baseline[]> {
    const rows: BaselineRow[] = await this.dataSource.query(
      `SELECT ${BASELINE_COLUMNS} FROM signalbox.baseline
       WHERE ($1::text IS NULL OR model = $1) AND ($2::text IS NULL OR state = $2) AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
       ORDER BY created_at DESC, id DESC LIMIT $5`,
      [model, state, after ? new Date(after.createdAtMs) : null, after?.id ?? null, limit],
    );
    return rows.map(toBaseline);
  }

  /** The last adopted one of each model and release: what releases are watched against. */
  async adopted(): Promise<readonly Baseline[]> {
    return adoptedBaselines(this.dataSource.manager);
  }

  /** Has a baseline frozen by the watch. */
  async create(baseline: NewBaseline, audit: AuditEntry): Promise<CreateOutcome> {
    return this.dataSource.transaction(async (manager) => {
      const [row]: { freezing: number }[] = await manager.query(`SELECT count(*)::int AS freezing FROM signalbox.baseline WHERE state = 'freezing'`);
      if ((row?.freezing ?? 0) >= MAX_FREEZING) return 'too-many-freezing';
      await insertBaseline(manager, baseline);
      await appendAudit(manager, audit);
      return 'created';
    });
  }

  /** Adopts a frozen baseline, from now on and for all its streams. */
  async adopt(id: string, { generation, by, reason, atMs }: { readonly generation: number; readonly by: string; readonly reason: string; readonly atMs: number }, audit: AuditEntry): Promise<ChangeOutcome> {
    return this.#change(id, generation, 'ready', async (manager) => {
      const [before]: { id: string }[] = await manager.query(
        `SELECT id FROM signalbox.baseline WHERE adopted_at IS NOT NULL AND model = (SELECT model FROM signalbox.baseline WHERE id = $1) ORDER BY adopted_at DESC LIMIT 1`,
        [id],
      );
      await markAdopted(manager, id, { by, reason, atMs });
      await appendAudit(manager, { ...audit, before: { baseline: before?.id ?? null }, after: { baseline: id }, reason });
    });
  }

  /** Cancels a freeze that has not ended; the watch stops at its next step. */
  async cancel(id: string, atMs: number, audit: AuditEntry): Promise<ChangeOutcome> {
    return this.#change(id, null, 'freezing', async (manager) => {
      await manager.query(`UPDATE signalbox.baseline SET state = 'cancelled', generation = generation + 1, ended_at = $2, sample = NULL WHERE id = $1`, [id, new Date(atMs)]);
      await manager.query('DELETE FROM signalbox.baseline_layer WHERE baseline = $1', [id]);
      await appendAudit(manager, { ...audit, before: { state: 'freezing' }, after: { state: 'cancelled' } });
    });
  }

  async #change(id: string, generation: number | null, state: BaselineState, write: (manager: EntityManager) => Promise<void>): Promise<ChangeOutcome> {
    return this.dataSource.transaction(async (manager) => {
      const before = await lockBaseline(manager, id);
      if (before === null) return { outcome: 'not-found' };
      if (before.state !== state) return { outcome: 'wrong-state', baseline: before };
      if (generation !== null && before.generation !== generation) return { outcome: 'generation-moved', baseline: before };
      await write(manager);
      const [row]: BaselineRow[] = await manager.query(`SELECT ${BASELINE_COLUMNS} FROM signalbox.baseline WHERE id = $1`, [id]);
      return { outcome: 'changed', baseline: row ? toBaseline(row) : before };
    });
  }
}

export async function adoptedBaselines(manager: EntityManager): Promise<readonly Baseline[]> {
  const rows: BaselineRow[] = await manager.query(
    `SELECT DISTINCT ON (model, release) ${BASELINE_COLUMNS} FROM signalbox.baseline WHERE adopted_at IS NOT NULL ORDER BY model, release, adopted_at DESC, id DESC`,
  );
  return rows.map(toBaseline);
}

export async function insertBaseline(manager: EntityManager, { id, model, releaseId, layers, experts, fromMs, toMs, options, createdBy, createdByIssuers, createdAtMs }: NewBaseline): Promise<void> {
  await manager.query(
    `INSERT INTO signalbox.baseline (id, model, release, layers, experts, state, from_at, to_at, options, created_by, created_by_issuers, created_at)
     VALUES ($1, $2, $3, $4, $5, 'freezing', $6, $7, $8, $9, $10, $11)`,
    [id, model, releaseId, layers, experts, new Date(fromMs), new Date(toMs), JSON.stringify(options), createdBy, createdByIssuers, new Date(createdAtMs)],
  );
}

export async function lockBaseline(manager: EntityManager, id: string): Promise<Baseline | null> {
  const [row]: BaselineRow[] = await manager.query(`SELECT ${BASELINE_COLUMNS} FROM signalbox.baseline WHERE id = $1 FOR UPDATE`, [id]);
  return row ? toBaseline(row) : null;
}

export async function markAdopted(manager: EntityManager, id: string, { by, reason, atMs }: { readonly by: string; readonly reason: string; readonly atMs: number }): Promise<void> {
  await manager.query(
    'UPDATE signalbox.baseline SET adopted_at = $2, adopted_by = $3, adopted_reason = $4, generation = generation + 1 WHERE id = $1',
    [id, new Date(atMs), by, reason],
  );
}
