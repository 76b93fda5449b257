import { type DataSource } from 'typeorm';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';

export interface ActivationChange {
  readonly model: string;
  readonly releaseId: string;
  /** The generation the caller saw; 0 for none. */
  readonly expectedGeneration: number;
  readonly atMs: number;
}

export type ActivationOutcome = { readonly outcome: 'activated'; readonly generation: number } | { readonly outcome: 'stale' };

/** Writes which release answers for a model. */
export class Activations {
  constructor(private readonly dataSource: DataSource) {}

  /** The pointer and its audit entry in one transaction; `stale` changes nothing. The release must be of the model. */
  async set({ model, releaseId, expectedGeneration, atMs }: ActivationChange, audit: AuditEntry): Promise<ActivationOutcome> {
    return this.dataSource.transaction(async (manager) => {
      const at = new Date(atMs);
      // Wrapped in a query of its own: TypeORM gives [rows, count] for a bare UPDATE.
      const written: { generation: number }[] = await manager.query(
        expectedGeneration === 0
          ? `INSERT INTO signalbox.activation (model, stable_release, previous_release, generation, updated_at)
             VALUES ($1, $2, NULL, 1, $3) ON CONFLICT (model) DO NOTHING RETURNING generation`
          : `WITH moved AS (
               UPDATE signalbox.activation SET previous_release = stable_release, stable_release = $2,
                 generation = generation + 1, updated_at = $3
               WHERE model = $1 AND generation = $4 RETURNING generation)
             SELECT generation FROM moved`,
        expectedGeneration === 0 ? [model, releaseId, at] : [model, releaseId, at, expectedGeneration],
      );
      const [row] = written;
      if (!row) return { outcome: 'stale' };
      await appendAudit(manager, audit);
      return { outcome: 'activated', generation: row.generation };
    });
  }
}
