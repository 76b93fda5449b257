import { type EntityManager } from 'typeorm';
import { type ProtectedExpert } from '#libs/governance/protection/takings';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import { findEvidenceRun, type StoredEvidenceRun } from './evidence-runs.ts';
import { type NewProtection, OVERRIDE_COLUMNS, type OverrideReview, type OverrideRow, PROTECTION_COLUMNS, type ProtectionRow, type StoredOverride, type StoredProtection, toOverride, toProtection } from './protection-rows.ts';

/** Protected in a model at once. */
export const MAX_PROTECTED = 10_000;

/** One transaction over what protects a model's experts. */
export class ProtectionUnit {
  /** @param manager of a running transaction */
  constructor(readonly manager: EntityManager) {}

  /** First of all, by those who change the list: those who act against it wait until the commit. Returns the version that is written. */
  async lock(model: string): Promise<number> {
    const rows: { generation: number }[] = await this.manager.query(
      `INSERT INTO signalbox.protection_head (model, generation) VALUES ($1, 1)
       ON CONFLICT (model) DO UPDATE SET generation = signalbox.protection_head.generation + 1 RETURNING generation`,
      [model],
    );
    return rows[0]?.generation ?? 1;
  }

  /** All that is protected in a model; it stays so until the commit. */
  async held(model: string): Promise<readonly ProtectedExpert[]> {
    await this.manager.query('SELECT 1 FROM signalbox.protection_head WHERE model = $1 FOR SHARE', [model]);
    return protectedExperts(this.manager, model);
  }

  async find(model: string, layer: number, expert: number): Promise<StoredProtection | null> {
    const rows: ProtectionRow[] = await this.manager.query(`SELECT ${PROTECTION_COLUMNS} FROM signalbox.protected_expert WHERE model = $1 AND layer = $2 AND expert = $3`, [model, layer, expert]);
    return rows[0] ? toProtection(rows[0]) : null;
  }

  async write({ model, layer, expert, reason, evidence, by, byName, atMs }: NewProtection, version: number): Promise<StoredProtection> {
    const rows: ProtectionRow[] = await this.manager.query(
      `INSERT INTO signalbox.protected_expert (${PROTECTION_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       ON CONFLICT (model, layer, expert) DO UPDATE SET reason = excluded.reason, evaluation = excluded.evaluation, evidence = excluded.evidence, protected_by = excluded.protected_by,
         protected_by_name = excluded.protected_by_name, protected_at = excluded.protected_at, version = excluded.version RETURNING ${PROTECTION_COLUMNS}`,
      [model, layer, expert, reason, evidence?.evaluationId ?? null, evidence?.resultDigest ?? null, by, byName, new Date(atMs), version],
    );
    return toProtection(rows[0]!);
  }

  async remove(model: string, layer: number, expert: number): Promise<void> {
    await this.manager.query('DELETE FROM signalbox.protected_expert WHERE model = $1 AND layer = $2 AND expert = $3', [model, layer, expert]);
  }

  run(id: string): Promise<StoredEvidenceRun | null> {
    return findEvidenceRun(this.manager, id);
  }

  /** The stable release of a model, with what it is made of; null: none answers. */
  async serving(model: string): Promise<{ readonly releaseId: string; readonly components: Readonly<Record<string, string>> } | null> {
    const rows: { releaseId: string; components: Record<string, string> }[] = await this.manager.query(
      `SELECT r.id AS "releaseId", r.manifest->'components' AS components FROM signalbox.activation AS a JOIN signalbox.release AS r ON r.id = a.stable_release WHERE a.model = $1`,
      [model],
    );
    return rows[0] ?? null;
  }

  /** Shapes of a model's releases; empty where there is no such model. */
  async shapes(model: string): Promise<readonly { readonly layers: number; readonly experts: number }[]> {
    return this.manager.query(`SELECT DISTINCT (manifest->'shape'->>'layers')::int AS layers, (manifest->'shape'->>'experts')::int AS experts FROM signalbox.release WHERE model = $1`, [model]);
  }

  async isReleaseOf(releaseId: string, model: string): Promise<boolean> {
    const rows: unknown[] = await this.manager.query('SELECT 1 FROM signalbox.release WHERE id = $1 AND model = $2', [releaseId, model]);
    return rows.length > 0;
  }

  async insertOverride({ id, model, act, takings, reason, evidence, changeId, by, byName, issuedBy, atMs, reviewDueMs }: Omit<StoredOverride, 'review'>): Promise<void> {
    await this.manager.query(
      `INSERT INTO signalbox.protection_override (id, model, act, takings, reason, evaluation, evidence, change_id, overridden_by, overridden_by_name, issued_by, overridden_at, review_due_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [id, model, act, JSON.stringify(takings), reason, evidence?.evaluationId ?? null, evidence?.resultDigest ?? null, changeId, by, byName, issuedBy, new Date(atMs), reviewDueMs === null ? null : new Date(reviewDueMs)],
    );
  }

  /** Held from here to the commit. */
  async lockOverride(model: string, id: string): Promise<StoredOverride | null> {
    const rows: OverrideRow[] = await this.manager.query(`SELECT ${OVERRIDE_COLUMNS} FROM signalbox.protection_override WHERE model = $1 AND id = $2 FOR UPDATE`, [model, id]);
    return rows[0] ? toOverride(rows[0]) : null;
  }

  async review(id: string, { by, byName, atMs, verdict, note }: OverrideReview): Promise<void> {
    await this.manager.query('UPDATE signalbox.protection_override SET reviewed_by = $2, reviewed_by_name = $3, reviewed_at = $4, verdict = $5, note = $6 WHERE id = $1', [id, by, byName, new Date(atMs), verdict, note]);
  }

  /** Last of all: see appendAudit. */
  append(entry: AuditEntry): Promise<void> {
    return appendAudit(this.manager, entry);
  }
}

/** All that is protected in a model. */
export async function protectedExperts(manager: EntityManager, model: string): Promise<readonly ProtectedExpert[]> {
  return manager.query(`SELECT layer, expert, reason FROM signalbox.protected_expert WHERE model = $1 ORDER BY layer, expert LIMIT ${MAX_PROTECTED}`, [model]);
}
