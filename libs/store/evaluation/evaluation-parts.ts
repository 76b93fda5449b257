import { type DataSource, type EntityManager } from 'typeorm';
import { type Sha256 } from '#libs/release/component';

/** Uses of a part are noted no finer than this, so that reading parts does not write them all. */
const USE_GRAIN_MS = 3_600_000;

/** Parts that steps have measured, by the digest of what they depend on. */
export class EvaluationParts {
  constructor(private readonly dataSource: DataSource) {}

  /** Those of the keys whose part is there, noted as used. */
  async use(keys: readonly Sha256[], atMs: number): Promise<ReadonlySet<Sha256>> {
    await this.dataSource.query('UPDATE signalbox.evaluation_part SET last_used_at = $2 WHERE key = ANY($1) AND last_used_at < $3', [keys, new Date(atMs), new Date(atMs - USE_GRAIN_MS)]);
    const rows: { key: Sha256 }[] = await this.dataSource.query('SELECT key FROM signalbox.evaluation_part WHERE key = ANY($1)', [keys]);
    return new Set(rows.map(({ key }) => key));
  }

  /** Parts as canonical JSON, in the order of the keys; null where one is not there. */
  async read(keys: readonly Sha256[]): Promise<readonly (string | null)[]> {
    const rows: { key: Sha256; part: string }[] = await this.dataSource.query('SELECT key, part FROM signalbox.evaluation_part WHERE key = ANY($1)', [keys]);
    const parts = new Map(rows.map(({ key, part }) => [key, part]));
    return keys.map((key) => parts.get(key) ?? null);
  }
}

export interface NewPart {
  readonly key: Sha256;
  /** Canonical JSON. */
  readonly part: string;
  readonly rows: number;
  readonly atMs: number;
}

/** Keeps a part, as part of a transaction. Where there is one already, that stays, and this gives it. */
export async function keepPart(manager: EntityManager, { key, part, rows, atMs }: NewPart): Promise<string> {
  const [row]: { part: string }[] = await manager.query(
    `INSERT INTO signalbox.evaluation_part AS kept (key, part, rows, bytes, created_at, last_used_at) VALUES ($1, $2, $3, $4, $5, $5)
     ON CONFLICT (key) DO UPDATE SET last_used_at = greatest(kept.last_used_at, $5) RETURNING part`,
    [key, part, rows, Buffer.byteLength(part), new Date(atMs)],
  );
  return row!.part;
}
