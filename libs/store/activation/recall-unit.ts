import { type EntityManager } from 'typeorm';
import { type Sha256 } from '#libs/release/component';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import { ACTIVATION_COLUMNS, type ActivationRow, type StoredActivation, toActivation } from './activation-row.ts';
import { type ActivationAct, type ActivationWrite, type ActivationWritten, stopActivation, writeActivation } from './activation-writer.ts';
import { recalledComponents } from './recalled-components.ts';

export interface RecallMark {
  readonly sha256: Sha256;
  readonly atMs: number;
  readonly by: string;
  readonly reason: string;
}

/** What a recall reads and writes, in one transaction. */
export class RecallUnit {
  constructor(readonly manager: EntityManager) {}

  /**
   * Marks the version. From here on every command on an activation waits, since each must see the mark:
   * without that, one under way could select the version unseen.
   */
  async mark({ sha256, atMs, by, reason }: RecallMark): Promise<'marked' | 'unknown' | 'recalled-before'> {
    await this.manager.query('LOCK TABLE signalbox.activation IN EXCLUSIVE MODE');
    const rows: { marked: boolean }[] = await this.manager.query(
      `WITH marked AS (
         UPDATE signalbox.component_version SET recalled_at = $2, recalled_by = $3, recall_reason = $4 WHERE sha256 = $1 AND recalled_at IS NULL RETURNING sha256)
       SELECT EXISTS (SELECT 1 FROM marked) AS marked FROM signalbox.component_version WHERE sha256 = $1`,
      [sha256, new Date(atMs), by, reason],
    );
    const [row] = rows;
    return row === undefined ? 'unknown' : row.marked ? 'marked' : 'recalled-before';
  }

  async activations(): Promise<readonly StoredActivation[]> {
    const rows: ActivationRow[] = await this.manager.query(`SELECT ${ACTIVATION_COLUMNS} FROM signalbox.activation ORDER BY model`);
    return rows.map(toActivation);
  }

  /** Those of some releases that hold anything recalled. */
  async withdrawn(releaseIds: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set((await recalledComponents(this.manager, releaseIds)).map(({ releaseId }) => releaseId));
  }

  /** Releases that were the stable one of a model, latest first, each once. */
  async formerStable(model: string): Promise<readonly string[]> {
    const rows: { id: string }[] = await this.manager.query(
      `SELECT after->>'stable' AS id FROM signalbox.activation_event WHERE model = $1 AND after IS NOT NULL GROUP BY 1 ORDER BY max(generation) DESC`,
      [model],
    );
    return rows.map(({ id }) => id);
  }

  write(write: ActivationWrite): Promise<ActivationWritten> {
    return writeActivation(this.manager, write);
  }

  stop(before: StoredActivation, act: ActivationAct, atMs: number): Promise<void> {
    return stopActivation(this.manager, before, act, atMs);
  }

  /** Last of all: see appendAudit. */
  append(entry: AuditEntry): Promise<void> {
    return appendAudit(this.manager, entry);
  }
}
