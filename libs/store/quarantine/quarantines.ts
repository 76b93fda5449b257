import { type DataSource } from 'typeorm';
import { QUARANTINE_COLUMNS, type QuarantineRow, type StoredQuarantine, toQuarantine } from './quarantine-rows.ts';
import { QuarantineUnit } from './quarantine-unit.ts';

/** How far a model's quarantines have come. */
export interface QuarantineHead {
  readonly model: string;
  readonly generation: number;
}

export interface QuarantineFilter {
  readonly model: string;
  /** Only those that hold. */
  readonly inForce: boolean;
}

/** Experts that operators took out of service. */
export class Quarantines {
  constructor(private readonly dataSource: DataSource) {}

  /** Decides on a model's quarantines; nobody else does meanwhile. What throws undoes everything, the lock's count too. */
  transaction<T>(model: string, work: (unit: QuarantineUnit) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      const unit = new QuarantineUnit(manager, model);
      await unit.lock();
      return work(unit);
    });
  }

  async find(model: string, id: string): Promise<StoredQuarantine | null> {
    const rows: QuarantineRow[] = await this.dataSource.query(`SELECT ${QUARANTINE_COLUMNS} FROM signalbox.expert_quarantine WHERE model = $1 AND id = $2`, [model, id]);
    return rows[0] ? toQuarantine(rows[0]) : null;
  }

  /** Newest first; `after` is the last of the page before. */
  async list({ model, inForce }: QuarantineFilter, limit: number, after: { readonly createdAtMs: number; readonly id: string } | null): Promise<readonly StoredQuarantine[]> {
    const rows: QuarantineRow[] = await this.dataSource.query(
      `SELECT ${QUARANTINE_COLUMNS} FROM signalbox.expert_quarantine
       WHERE model = $1 AND (NOT $2 OR ended_at IS NULL) AND ($4::timestamptz IS NULL OR created_at < $4 OR (created_at = $4 AND id > $5::uuid))
       ORDER BY created_at DESC, id LIMIT $3`,
      [model, inForce, limit, after && new Date(after.createdAtMs), after?.id ?? null],
    );
    return rows.map(toQuarantine);
  }

  /** How far each model's quarantines have come; cheap to ask. */
  async heads(): Promise<readonly QuarantineHead[]> {
    return this.dataSource.query(`SELECT model, generation FROM signalbox.quarantine_generation ORDER BY model`);
  }

  /** All that hold, with how far each model has come, as of one moment. */
  async inForce(): Promise<{ readonly heads: readonly QuarantineHead[]; readonly quarantines: readonly StoredQuarantine[] }> {
    return this.dataSource.transaction('REPEATABLE READ', async (manager) => {
      const heads: QuarantineHead[] = await manager.query(`SELECT model, generation FROM signalbox.quarantine_generation`);
      const rows: QuarantineRow[] = await manager.query(`SELECT ${QUARANTINE_COLUMNS} FROM signalbox.expert_quarantine WHERE ended_at IS NULL ORDER BY created_at, id`);
      return { heads, quarantines: rows.map(toQuarantine) };
    });
  }

  /** Those past their end, longest due first. */
  async due(nowMs: number, limit: number): Promise<readonly { readonly id: string; readonly model: string }[]> {
    return this.dataSource.query(`SELECT id, model FROM signalbox.expert_quarantine WHERE ended_at IS NULL AND until_at <= $1 ORDER BY until_at LIMIT $2`, [new Date(nowMs), limit]);
  }
}
