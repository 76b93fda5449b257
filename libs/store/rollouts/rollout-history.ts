import { type DataSource, type EntityManager } from 'typeorm';
import { type StepFigures, type StepVerdict } from '#libs/governance/rollout/decide-step';

export type StepState = 'running' | 'passed' | 'failed' | 'stopped';

export interface StoredStep {
  readonly step: number;
  readonly share: number;
  readonly state: StepState;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** What its end was decided by; null while it runs. */
  readonly figures: StepFigures | null;
}

/** A verdict as it is kept; `end` is an end by hand or by somebody else's change. */
export interface NewVerdict {
  readonly rolloutId: string;
  readonly step: number;
  readonly atMs: number;
  readonly verdict: StepVerdict['verdict'] | 'end';
  readonly reason: string;
  readonly guard: string | null;
  readonly figures: StepFigures & { readonly missing: string | null };
}

export type StoredVerdict = NewVerdict & { readonly id: string };

interface VerdictRow {
  id: string;
  rollout_id: string;
  step: number;
  at: Date;
  verdict: NewVerdict['verdict'];
  reason: string;
  guard: string | null;
  figures: NewVerdict['figures'];
}

/** Steps and verdicts of rollouts. Verdicts are never changed. */
export class RolloutHistory {
  constructor(private readonly dataSource: DataSource) {}

  async beginStep(manager: EntityManager, rolloutId: string, step: number, share: number, atMs: number): Promise<void> {
    await manager.query(`INSERT INTO signalbox.rollout_step (rollout_id, step, share, state, started_at) VALUES ($1, $2, $3, 'running', $4)`, [rolloutId, step, share, new Date(atMs)]);
  }

  async endStep(manager: EntityManager, rolloutId: string, step: number, state: StepState, figures: StepFigures | null, atMs: number): Promise<void> {
    await manager.query(`UPDATE signalbox.rollout_step SET state = $3, ended_at = $4, evidence = $5 WHERE rollout_id = $1 AND step = $2`, [rolloutId, step, state, new Date(atMs), figures && JSON.stringify(figures)]);
  }

  async addVerdict(manager: EntityManager, { rolloutId, step, atMs, verdict, reason, guard, figures }: NewVerdict): Promise<void> {
    await manager.query(
      `INSERT INTO signalbox.rollout_verdict (rollout_id, step, at, verdict, reason, guard, figures) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [rolloutId, step, new Date(atMs), verdict, reason, guard, JSON.stringify(figures)],
    );
  }

  async steps(rolloutId: string): Promise<readonly StoredStep[]> {
    const rows: { step: number; share: number; state: StepState; started_at: Date; ended_at: Date | null; evidence: StepFigures | null }[] = await this.dataSource.query(
      `SELECT step, share, state, started_at, ended_at, evidence FROM signalbox.rollout_step WHERE rollout_id = $1 ORDER BY step`,
      [rolloutId],
    );
    return rows.map(({ step, share, state, started_at, ended_at, evidence }) => ({ step, share, state, startedAtMs: started_at.getTime(), endedAtMs: ended_at?.getTime() ?? null, figures: evidence }));
  }

  /** Newest first; `beforeId` is the id of the last verdict of the page before. */
  async verdicts(rolloutId: string, limit: number, beforeId: string | null = null, manager: EntityManager = this.dataSource.manager): Promise<readonly StoredVerdict[]> {
    const rows: VerdictRow[] = await manager.query(
      `SELECT id, rollout_id, step, at, verdict, reason, guard, figures FROM signalbox.rollout_verdict
       WHERE rollout_id = $1 AND ($3::bigint IS NULL OR id < $3) ORDER BY id DESC LIMIT $2`,
      [rolloutId, limit, beforeId],
    );
    return rows.map(({ rollout_id, at, ...same }) => ({ ...same, rolloutId: rollout_id, atMs: at.getTime() }));
  }
}
