import { type DataSource, type EntityManager } from 'typeorm';
import { OVERRIDE_COLUMNS, type OverrideRow, PROTECTION_COLUMNS, type ProtectionRow, type StoredOverride, type StoredProtection, toOverride, toProtection } from './protection-rows.ts';
import { ProtectionUnit } from './protection-unit.ts';

/** Experts that must not be taken away without evidence. */
export class Protections {
  constructor(private readonly dataSource: DataSource) {}

  transaction<T>(work: (unit: ProtectionUnit) => Promise<T>): Promise<T> {
    return this.dataSource.transaction((manager) => work(new ProtectionUnit(manager)));
  }

  /** For work that is part of another's transaction. */
  unit(manager: EntityManager): ProtectionUnit {
    return new ProtectionUnit(manager);
  }

  async find(model: string, layer: number, expert: number): Promise<StoredProtection | null> {
    return new ProtectionUnit(this.dataSource.manager).find(model, layer, expert);
  }

  /** By layer and expert; `after` is the last of the page before. */
  async list(model: string, limit: number, after: { readonly layer: number; readonly expert: number } | null): Promise<readonly StoredProtection[]> {
    const rows: ProtectionRow[] = await this.dataSource.query(
      `SELECT ${PROTECTION_COLUMNS} FROM signalbox.protected_expert WHERE model = $1 AND ($3::int IS NULL OR (layer, expert) > ($3::int, $4::int)) ORDER BY layer, expert LIMIT $2`,
      [model, limit, after?.layer ?? null, after?.expert ?? null],
    );
    return rows.map(toProtection);
  }

  /** Newest first. `owed`: only emergencies that nobody has confirmed. */
  async overrides(model: string, owed: boolean, limit: number, after: { readonly atMs: number; readonly id: string } | null): Promise<readonly StoredOverride[]> {
    const rows: OverrideRow[] = await this.dataSource.query(
      `SELECT ${OVERRIDE_COLUMNS} FROM signalbox.protection_override
       WHERE model = $1 AND (NOT $2 OR (review_due_at IS NOT NULL AND verdict IS DISTINCT FROM 'confirmed')) AND ($4::timestamptz IS NULL OR overridden_at < $4 OR (overridden_at = $4 AND id > $5::uuid))
       ORDER BY overridden_at DESC, id LIMIT $3`,
      [model, owed, limit, after && new Date(after.atMs), after?.id ?? null],
    );
    return rows.map(toOverride);
  }
}
