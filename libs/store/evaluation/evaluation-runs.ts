import { createHash } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { EvaluationError } from '#libs/evaluation/evaluation-error';
import { type RunSpec } from '#libs/evaluation/run/run';
import { canonicalJson } from '#libs/release/manifest-digest';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import { EVALUATION_LIMITS } from './evaluation-limits.ts';
import { type EvaluationRun, RUN_COLUMNS, type RunFilter, type StoredResult, type RunRow, toRun } from './evaluation-run.ts';

export interface NewRun {
  /** A UUID. */
  readonly id: string;
  readonly spec: RunSpec;
  readonly requestedBy: string;
  readonly createdAtMs: number;
}

export type CancelOutcome = 'cancelled' | 'already-finished' | 'not-found';

/** Runs of evaluations, as those see them who ask for them. A finished run no longer changes. */
export class EvaluationRuns {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Puts a run in line. Its releases are looked for when it starts.
   * @throws EvaluationError where its suite is not there, its spec is too large or too many runs are open
   */
  async create({ id, spec, requestedBy, createdAtMs }: NewRun, audit: AuditEntry): Promise<EvaluationRun> {
    const { openRuns, specBytes } = EVALUATION_LIMITS;
    const text = canonicalJson(spec);
    if (Buffer.byteLength(text) > specBytes) throw new EvaluationError('spec-too-large', 'settings', `What is asked for has more than ${specBytes} bytes as JSON. Give fewer settings.`);
    const specDigest = createHash('sha256').update(text, 'utf8').digest('hex');
    return this.dataSource.transaction(async (manager) => {
      const [used] = (await manager.query('UPDATE signalbox.evaluation_suite SET last_used_at = greatest(last_used_at, $2) WHERE digest = $1 RETURNING digest', [spec.suite, new Date(createdAtMs)])) as [unknown[], number];
      if (used.length === 0) throw new EvaluationError('suite-missing', 'suite', `There is no suite ${spec.suite}: send it first.`);
      const inserted: RunRow[] = await manager.query(
        // Two at once may go over the limit by one, which does no harm.
        `INSERT INTO signalbox.evaluation_run (id, spec, spec_digest, kind, candidate, reference, suite, state, requested_by, created_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, 'queued', $8, $9
         WHERE (SELECT count(*) FROM signalbox.evaluation_run WHERE state IN ('queued', 'running')) < $10 RETURNING ${RUN_COLUMNS}`,
        [id, text, specDigest, spec.kind, spec.candidate, spec.reference, spec.suite, requestedBy, new Date(createdAtMs), openRuns],
      );
      if (!inserted[0]) throw new EvaluationError('too-many-runs', 'kind', `${openRuns} evaluations are queued or running; wait until one has finished, or cancel one.`);
      await appendAudit(manager, audit);
      return toRun(inserted[0]);
    });
  }

  async find(id: string): Promise<EvaluationRun | null> {
    const [row]: RunRow[] = await this.dataSource.query(`SELECT ${RUN_COLUMNS} FROM signalbox.evaluation_run WHERE id = $1`, [id]);
    return row ? toRun(row) : null;
  }

  /** null until it has succeeded. */
  async result(id: string): Promise<StoredResult | null> {
    const [row]: { result: string; result_digest: string; measured: string | null }[] = await this.dataSource.query(
      'SELECT result, result_digest, measured FROM signalbox.evaluation_run WHERE id = $1 AND result IS NOT NULL', [id],
    );
    return row ? { result: row.result, resultDigest: row.result_digest, measured: row.measured } : null;
  }

  /** Newest first; `after` is the last of the page before. */
  async list(limit: number, after: { readonly createdAtMs: number; readonly id: string } | null = null, filter: RunFilter = {}): Promise<readonly EvaluationRun[]> {
    const values: unknown[] = [];
    const conditions: string[] = [];
    const where = (value: unknown, condition: (parameter: string) => string): void => {
      if (value === undefined || value === null) return;
      values.push(value);
      conditions.push(condition(`$${values.length}`));
    };
    where(filter.state, (value) => `state = ${value}`);
    where(filter.kind, (value) => `kind = ${value}`);
    where(filter.release, (value) => `(candidate = ${value} OR reference = ${value})`);
    where(filter.suite, (value) => `suite = ${value}`);
    where(filter.specDigest, (value) => `spec_digest = ${value}`);
    if (after) {
      values.push(new Date(after.createdAtMs), after.id);
      conditions.push(`(created_at, id) < ($${values.length - 1}, $${values.length}::uuid)`);
    }
    values.push(limit);
    const rows: RunRow[] = await this.dataSource.query(
      `SELECT ${RUN_COLUMNS} FROM signalbox.evaluation_run ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`} ORDER BY created_at DESC, id DESC LIMIT $${values.length}`,
      values,
    );
    return rows.map(toRun);
  }

  /** Final at once: the process that has it stops at its next step, and can write no more. */
  async cancel(id: string, atMs: number, audit: AuditEntry): Promise<CancelOutcome> {
    return this.dataSource.transaction(async (manager) => {
      const [cancelled] = (await manager.query(
        `UPDATE signalbox.evaluation_run SET state = 'cancelled', finished_at = $2, holder = NULL, label = NULL WHERE id = $1 AND state IN ('queued', 'running') RETURNING id`,
        [id, new Date(atMs)],
      )) as [unknown[], number];
      if (cancelled.length === 0) {
        const found: unknown[] = await manager.query('SELECT 1 FROM signalbox.evaluation_run WHERE id = $1', [id]);
        return found.length === 0 ? 'not-found' : 'already-finished';
      }
      await appendAudit(manager, audit);
      return 'cancelled';
    });
  }
}
