import { createHash } from 'node:crypto';
import { type DataSource, type EntityManager } from 'typeorm';
import { type RunState } from '#libs/evaluation/run/run';
import { appendAudit } from '../audit/audit-log.ts';
import { LOCKS } from '../locks.ts';
import { keepPart, type NewPart } from './evaluation-parts.ts';
import { type EvaluationRun, RUN_COLUMNS, type RunError, type RunRow, toRun } from './evaluation-run.ts';

/** A run in the hands of one process; what it writes is refused once another has taken the run over. */
export interface Claim {
  readonly run: EvaluationRun;
  readonly holder: number;
  readonly attempt: number;
  /** Claims in a row that ended without a step kept. */
  readonly failures: number;
}

export interface DueRun {
  readonly id: string;
  readonly attempt: number;
}

/** A holder that says nothing for longer has stopped, even if its connection is there. */
const STALE_AFTER = `interval '30 seconds'`;

/** Whether a run waits for a process: its holder let go, is gone with its lock, or hangs. */
const DUE = `(not_before IS NULL OR not_before <= now()) AND (state = 'queued' OR state = 'running' AND (
  holder IS NULL OR heartbeat_at < now() - ${STALE_AFTER} OR NOT EXISTS (
    SELECT 1 FROM pg_locks AS held WHERE held.locktype = 'advisory' AND held.granted AND held.classid::bigint = ${LOCKS.evaluations}
      AND held.objid::bigint = holder AND held.objsubid = 2 AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database()))))`;

const MINE = `id = $1 AND holder = $2 AND attempt = $3 AND state = 'running'`;

/** Runs of evaluations, as the process sees them that does them. */
export class RunClaims {
  constructor(private readonly dataSource: DataSource) {}

  /** Runs that wait for a process, the longest waiting first. */
  async due(limit: number): Promise<readonly DueRun[]> {
    return this.dataSource.query(`SELECT id, attempt FROM signalbox.evaluation_run WHERE ${DUE} ORDER BY created_at, id LIMIT $1`, [limit]);
  }

  /** How many runs are queued or running. */
  async open(): Promise<Readonly<Record<'queued' | 'running', number>>> {
    const rows: { state: 'queued' | 'running'; runs: number }[] = await this.dataSource.query(
      `SELECT state, count(*)::int AS runs FROM signalbox.evaluation_run WHERE state IN ('queued', 'running') GROUP BY state`,
    );
    const count = (state: RunState): number => rows.find((row) => row.state === state)?.runs ?? 0;
    return { queued: count('queued'), running: count('running') };
  }

  /** null where it does not wait for a process. @param holder see underHolderLock */
  async claim(id: string, holder: number, atMs: number): Promise<Claim | null> {
    const [[row]] = (await this.dataSource.query(
      `UPDATE signalbox.evaluation_run SET state = 'running', failures = failures + (holder IS NOT NULL)::int, holder = $2, attempt = attempt + 1,
         heartbeat_at = now(), not_before = NULL, started_at = coalesce(started_at, $3)
       WHERE id = $1 AND ${DUE} RETURNING ${RUN_COLUMNS}, attempt, failures`,
      [id, holder, new Date(atMs)],
    )) as [(RunRow & { attempt: number; failures: number })[], number];
    return row ? { run: toRun(row), holder, attempt: row.attempt, failures: row.failures } : null;
  }

  /** Says that the holder lives. False where the run is its own no longer: cancelled, or taken over. */
  async beat(claim: Claim): Promise<boolean> {
    return this.#ifMine(this.dataSource.manager, claim, 'heartbeat_at = now()', []);
  }

  /** @param done of the steps, those whose part is there */
  async planned(claim: Claim, { steps, done }: { readonly steps: number; readonly done: number }): Promise<boolean> {
    // What was measured before the run was taken over stays counted as measured.
    return this.#ifMine(this.dataSource.manager, claim, 'heartbeat_at = now(), steps = $4, steps_done = $5, steps_measured = least(steps_measured, $5)', [steps, done]);
  }

  /** Notes a step whose part another run has measured meanwhile. */
  async stepKnown(claim: Claim, label: string): Promise<boolean> {
    return this.#ifMine(this.dataSource.manager, claim, 'heartbeat_at = now(), steps_done = steps_done + 1, label = $4', [label]);
  }

  /** Keeps a part and the progress that it means, in one transaction. Gives the part that is kept; null where the run is its own no longer, which keeps the part too. */
  async stepMeasured(claim: Claim, part: NewPart, label: string): Promise<string | null> {
    return this.dataSource.transaction(async (manager) => {
      const kept = await keepPart(manager, part);
      const isMine = await this.#ifMine(manager, claim, 'heartbeat_at = now(), failures = 0, steps_done = steps_done + 1, steps_measured = steps_measured + 1, rows = rows + $4, label = $5', [part.rows, label]);
      return isMine ? kept : null;
    });
  }

  /** Ends the run with its result. Gives the digest, or null where the run is its own no longer. */
  async succeed(claim: Claim, { result, measured }: { readonly result: string; readonly measured: string | null }, atMs: number): Promise<string | null> {
    const resultDigest = createHash('sha256').update(result, 'utf8').digest('hex');
    const isMine = await this.#finish(claim, `state = 'succeeded', result = $5, result_digest = $6, measured = $7`, [result, resultDigest, measured], atMs, { state: 'succeeded', resultDigest });
    return isMine ? resultDigest : null;
  }

  async fail(claim: Claim, error: RunError, atMs: number): Promise<boolean> {
    return this.#finish(claim, `state = 'failed', error = $5`, [JSON.stringify(error)], atMs, { state: 'failed', error: error.reason });
  }

  /** Gives it back after something failed that may work later. */
  async retry(claim: Claim, waitMs: number): Promise<boolean> {
    return this.#ifMine(this.dataSource.manager, claim, `holder = NULL, failures = failures + 1, not_before = now() + $4 * interval '1 millisecond'`, [waitMs]);
  }

  /** Gives it back as it is, for the next process to go on at once. */
  async release(claim: Claim): Promise<boolean> {
    return this.#ifMine(this.dataSource.manager, claim, 'holder = NULL', []);
  }

  async #finish(claim: Claim, set: string, values: readonly unknown[], atMs: number, after: { readonly state: RunState; readonly resultDigest?: string; readonly error?: string }): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const isMine = await this.#ifMine(manager, claim, `finished_at = $4, holder = NULL, label = NULL, ${set}`, [new Date(atMs), ...values]);
      if (!isMine) return false;
      const { id, specDigest, spec } = claim.run;
      const detail = { kind: spec.kind, specDigest, ...(after.resultDigest === undefined ? {} : { resultDigest: after.resultDigest }), ...(after.error === undefined ? {} : { error: after.error }) };
      await appendAudit(manager, { atMs, actor: 'system', action: 'evaluation.finish', subject: `evaluation/${id}`, detail, requestId: null, before: { state: 'running' }, after: { state: after.state } });
      return true;
    });
  }

  async #ifMine(manager: EntityManager, { run, holder, attempt }: Claim, set: string, values: readonly unknown[]): Promise<boolean> {
    const [, written] = (await manager.query(`UPDATE signalbox.evaluation_run SET ${set} WHERE ${MINE}`, [run.id, holder, attempt, ...values])) as [unknown, number];
    return written === 1;
  }
}
