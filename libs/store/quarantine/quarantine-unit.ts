import { type EntityManager } from 'typeorm';
import { type QuarantineShape } from '#libs/governance/quarantine/quarantine';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import { type NewQuarantine, QUARANTINE_COLUMNS, type QuarantineEnd, type QuarantineRow, type StoredQuarantine, toQuarantine } from './quarantine-rows.ts';

/** Processes that serve listen here; they also look once a second. */
const CHANNEL = 'signalbox_activation';

/** One transaction over the quarantines of one model. */
export class QuarantineUnit {
  #generation = 0;

  /** @param manager of a running transaction */
  constructor(
    readonly manager: EntityManager,
    private readonly model: string,
  ) {}

  /** First of all: from here to the commit nobody else decides on this model's quarantines. */
  async lock(): Promise<void> {
    // One statement, so that the first writers of a model meet too.
    const rows: { generation: number }[] = await this.manager.query(
      `INSERT INTO signalbox.quarantine_generation (model, generation) VALUES ($1, 1)
       ON CONFLICT (model) DO UPDATE SET generation = signalbox.quarantine_generation.generation + 1 RETURNING generation`,
      [this.model],
    );
    this.#generation = rows[0]?.generation ?? 0;
  }

  async inForce(): Promise<readonly StoredQuarantine[]> {
    const rows: QuarantineRow[] = await this.manager.query(`SELECT ${QUARANTINE_COLUMNS} FROM signalbox.expert_quarantine WHERE model = $1 AND ended_at IS NULL ORDER BY created_at, id`, [this.model]);
    return rows.map(toQuarantine);
  }

  async find(id: string): Promise<StoredQuarantine | null> {
    const rows: QuarantineRow[] = await this.manager.query(`SELECT ${QUARANTINE_COLUMNS} FROM signalbox.expert_quarantine WHERE model = $1 AND id = $2`, [this.model, id]);
    return rows[0] ? toQuarantine(rows[0]) : null;
  }

  /** Releases that the activation names, or else the newest of the model; the given one alone where one is given. */
  async shapes(releaseId: string | null): Promise<readonly QuarantineShape[]> {
    return this.manager.query(
      `WITH named AS (
         SELECT unnest(ARRAY[stable_release, previous_release, canary->>'releaseId', shadow->>'releaseId']) AS id FROM signalbox.activation WHERE model = $1)
       SELECT id AS "releaseId", (manifest->'shape'->>'layers')::int AS layers, (manifest->'shape'->>'experts')::int AS experts, (manifest->'routing'->>'topK')::int AS "topK"
       FROM signalbox.release
       WHERE model = $1 AND CASE WHEN $2::text IS NOT NULL THEN id = $2 WHEN EXISTS (SELECT FROM named) THEN id IN (SELECT id FROM named) ELSE true END
       ORDER BY created_at DESC, id LIMIT 200`,
      [this.model, releaseId],
    );
  }

  async insert(quarantine: NewQuarantine): Promise<StoredQuarantine> {
    const { id, model, releaseId, layer, expert, reason, forced, createdAtMs, createdBy, createdByName, untilMs } = quarantine;
    await this.manager.query(
      `INSERT INTO signalbox.expert_quarantine (id, model, release, layer, expert, reason, forced, created_at, created_by, created_by_name, until_at, generation, version)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1)`,
      [id, model, releaseId, layer, expert, reason, forced, new Date(createdAtMs), createdBy, createdByName, untilMs === null ? null : new Date(untilMs), this.#generation],
    );
    await this.#tell();
    return { ...quarantine, generation: this.#generation, version: 1, end: null };
  }

  async end(quarantine: StoredQuarantine, end: QuarantineEnd): Promise<StoredQuarantine> {
    await this.manager.query(
      `UPDATE signalbox.expert_quarantine SET ended_at = $2, ended_by = $3, ended_as = $4, ended_reason = $5, generation = $6, version = version + 1 WHERE id = $1`,
      [quarantine.id, new Date(end.atMs), end.by, end.as, end.reason, this.#generation],
    );
    await this.#tell();
    return { ...quarantine, generation: this.#generation, version: quarantine.version + 1, end };
  }

  /** Last of all: see appendAudit. */
  append(entry: AuditEntry): Promise<void> {
    return appendAudit(this.manager, entry);
  }

  async #tell(): Promise<void> {
    await this.manager.query('SELECT pg_notify($1, $2)', [CHANNEL, `quarantine:${this.model}`]);
  }
}
