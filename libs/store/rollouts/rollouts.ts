import { type DataSource, type EntityManager } from 'typeorm';
import { type GateCause } from '#libs/governance/change/activation-gate';
import { type RolloutEvidence } from '#libs/governance/rollout/evidence';
import { type ChangedExpert, type RolloutPlan } from '#libs/governance/rollout/plan';
import { type Rollout, type RolloutState } from '#libs/governance/rollout/rollout';
import { LOCKS } from '../locks.ts';

/** Where a page of rollouts ends; the next one starts behind it. */
export interface RolloutCursor {
  readonly createdAtMs: number;
  readonly id: string;
}

/** All rollouts at a glance. */
export interface RolloutStanding {
  readonly byState: Readonly<Record<RolloutState, number>>;
  /** When the one under way that was looked at longest ago was looked at, epoch milliseconds; null when none is under way. */
  readonly oldestLookAtMs: number | null;
}

const NO_ROLLOUTS: RolloutStanding['byState'] = { running: 0, paused: 0, completed: 0, failed: 0, aborted: 0, superseded: 0 };

interface Row {
  id: string;
  model: string;
  candidate: string;
  stable: string;
  plan: RolloutPlan;
  cause: GateCause;
  change_id: string | null;
  started_by: Rollout['startedBy'];
  state: RolloutState;
  reason: string;
  step: number;
  step_started_at: Date;
  changed_experts: readonly ChangedExpert[];
  evidence: RolloutEvidence;
  activation_generation: number;
  version: number;
  created_at: Date;
  updated_at: Date;
  ended_at: Date | null;
}

const COLUMNS = `id, model, candidate, stable, plan, cause, change_id, started_by, state, reason, step, step_started_at, changed_experts,
  evidence, activation_generation, version, created_at, updated_at, ended_at`;

/** Guarded rollouts, under way and past. At most one of a model is under way. */
export class Rollouts {
  constructor(private readonly dataSource: DataSource) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  /**
   * Does work while no other process does it; false when another one does. The lock goes with the
   * connection, so a process that dies holds up nobody.
   */
  async exclusively(work: () => Promise<void>): Promise<boolean> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const [row]: { locked: boolean }[] = await runner.query('SELECT pg_try_advisory_lock($1) AS locked', [LOCKS.rollouts]);
      if (row?.locked !== true) return false;
      try {
        await work();
      } finally {
        await runner.query('SELECT pg_advisory_unlock($1)', [LOCKS.rollouts]);
      }
      return true;
    } finally {
      await runner.release();
    }
  }

  async find(id: string): Promise<Rollout | null> {
    const rows: Row[] = await this.dataSource.query(`SELECT ${COLUMNS} FROM signalbox.rollout WHERE id = $1`, [id]);
    return rows[0] ? toRollout(rows[0]) : null;
  }

  /** Newest first. */
  async list(limit: number, { model, after }: { readonly model?: string | undefined; readonly after?: RolloutCursor | null }): Promise<readonly Rollout[]> {
    const rows: Row[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM signalbox.rollout
       WHERE ($2::text IS NULL OR model = $2) AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
       ORDER BY created_at DESC, id DESC LIMIT $1`,
      [limit, model ?? null, after ? new Date(after.createdAtMs) : null, after?.id ?? null],
    );
    return rows.map(toRollout);
  }

  /** Those that have not ended, oldest first. */
  async underWay(): Promise<readonly { readonly id: string; readonly model: string }[]> {
    return this.dataSource.query(`SELECT id, model FROM signalbox.rollout WHERE ended_at IS NULL ORDER BY created_at, id`);
  }

  async standing(): Promise<RolloutStanding> {
    const rows: { state: RolloutState; count: number; oldest: Date | null }[] = await this.dataSource.query(
      `SELECT state, count(*)::int AS count, min(updated_at) FILTER (WHERE ended_at IS NULL) AS oldest FROM signalbox.rollout GROUP BY state`,
    );
    const looks = rows.flatMap(({ oldest }) => oldest?.getTime() ?? []);
    return { byState: { ...NO_ROLLOUTS, ...Object.fromEntries(rows.map(({ state, count }) => [state, count])) }, oldestLookAtMs: looks.length === 0 ? null : Math.min(...looks) };
  }

  /** A rollout, held until the transaction ends. */
  async lock(manager: EntityManager, id: string): Promise<Rollout | null> {
    const rows: Row[] = await manager.query(`SELECT ${COLUMNS} FROM signalbox.rollout WHERE id = $1 FOR UPDATE`, [id]);
    return rows[0] ? toRollout(rows[0]) : null;
  }

  /** False when another rollout of the model is under way. */
  async insert(manager: EntityManager, rollout: Rollout): Promise<boolean> {
    const inserted: unknown[] = await manager.query(
      `INSERT INTO signalbox.rollout (${COLUMNS})
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
       ON CONFLICT (model) WHERE ended_at IS NULL DO NOTHING RETURNING id`,
      [
        rollout.id, rollout.model, rollout.candidate, rollout.stable, JSON.stringify(rollout.plan), rollout.cause, rollout.changeId, JSON.stringify(rollout.startedBy),
        rollout.state, rollout.reason, rollout.step, new Date(rollout.stepStartedAtMs), JSON.stringify(rollout.changedExperts), JSON.stringify(rollout.evidence),
        rollout.activationGeneration, rollout.version, new Date(rollout.createdAtMs), new Date(rollout.updatedAtMs), null,
      ],
    );
    return inserted.length === 1;
  }

  /** Writes what changes of a rollout, one version on. @throws Error when it was changed since it was read */
  async save(manager: EntityManager, { id, version, state, reason, step, stepStartedAtMs, evidence, activationGeneration, updatedAtMs, endedAtMs }: Rollout): Promise<void> {
    const saved: unknown[] = await manager.query(
      `WITH moved AS (
         UPDATE signalbox.rollout SET version = version + 1, state = $3, reason = $4, step = $5, step_started_at = $6, evidence = $7,
           activation_generation = $8, updated_at = $9, ended_at = $10
         WHERE id = $1 AND version = $2 RETURNING id)
       SELECT id FROM moved`,
      [id, version, state, reason, step, new Date(stepStartedAtMs), JSON.stringify(evidence), activationGeneration, new Date(updatedAtMs), endedAtMs === null ? null : new Date(endedAtMs)],
    );
    if (saved.length === 0) throw new Error(`rollout ${id} was changed since version ${version} was read`);
  }
}

function toRollout(row: Row): Rollout {
  const { id, model, candidate, stable, plan, cause, state, reason, step, evidence, version } = row;
  return {
    id, model, candidate, stable, plan, cause, state, reason, step, evidence, version,
    changeId: row.change_id,
    startedBy: row.started_by,
    stepStartedAtMs: row.step_started_at.getTime(),
    changedExperts: row.changed_experts,
    activationGeneration: row.activation_generation,
    createdAtMs: row.created_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
    endedAtMs: row.ended_at?.getTime() ?? null,
  };
}
