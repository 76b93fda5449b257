import { type DataSource, type EntityManager } from 'typeorm';
import { type GovernanceMode } from '#libs/governance/change/activation-gate';
import { type Sha256 } from '#libs/release/component';

/** How a model may be changed. Generation 0: never set, so open. */
export interface GovernanceModeRow {
  readonly model: string;
  readonly mode: GovernanceMode;
  readonly generation: number;
}

/** Which models change only by approved requests. */
export class GovernanceModes {
  constructor(private readonly dataSource: DataSource) {}

  /** `open` for a model of which nothing was said. */
  async modeOf(model: string, manager: EntityManager = this.dataSource.manager): Promise<GovernanceMode> {
    return (await this.read(model, manager)).mode;
  }

  async read(model: string, manager: EntityManager = this.dataSource.manager): Promise<GovernanceModeRow> {
    const rows: GovernanceModeRow[] = await manager.query(`SELECT model, mode, generation FROM signalbox.governance_mode WHERE model = $1`, [model]);
    return rows[0] ?? { model, mode: 'open', generation: 0 };
  }

  /** Whether any model changes only by approved requests. */
  async isRequiredAnywhere(manager: EntityManager = this.dataSource.manager): Promise<boolean> {
    const rows: { found: boolean }[] = await manager.query(`SELECT EXISTS (SELECT 1 FROM signalbox.governance_mode WHERE mode = 'required') AS found`);
    return rows[0]?.found === true;
  }
}

/** A model that changes only by approved requests and has a release with the component version; null where none does. */
export async function boundModelOf(manager: EntityManager, sha256: Sha256): Promise<string | null> {
  const rows: { model: string }[] = await manager.query(
    `SELECT r.model FROM signalbox.release_component AS c JOIN signalbox.release AS r ON r.id = c.release_id
     JOIN signalbox.governance_mode AS g ON g.model = r.model AND g.mode = 'required' WHERE c.sha256 = $1 ORDER BY r.model LIMIT 1`,
    [sha256],
  );
  return rows[0]?.model ?? null;
}

/** Writes a mode as part of a transaction, without an audit entry. False when the generation has moved on. */
export async function writeGovernanceMode(
  manager: EntityManager,
  { model, mode, expectedGeneration, atMs, actor }: { readonly model: string; readonly mode: GovernanceMode; readonly expectedGeneration: number; readonly atMs: number; readonly actor: string },
): Promise<boolean> {
  const at = new Date(atMs);
  const written: unknown[] = await manager.query(
    expectedGeneration === 0
      ? `INSERT INTO signalbox.governance_mode (model, mode, generation, updated_at, updated_by)
         VALUES ($1, $2, 1, $3, $4) ON CONFLICT (model) DO NOTHING RETURNING generation`
      : `WITH moved AS (
           UPDATE signalbox.governance_mode SET mode = $2, generation = generation + 1, updated_at = $3, updated_by = $4
           WHERE model = $1 AND generation = $5 RETURNING generation)
         SELECT generation FROM moved`,
    expectedGeneration === 0 ? [model, mode, at, actor] : [model, mode, at, actor, expectedGeneration],
  );
  return written.length === 1;
}
