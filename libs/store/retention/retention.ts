import { type DataSource } from 'typeorm';
import { DAY_MS, dayOf } from '../capture/days.ts';
import { type TracePartitions } from '../capture/partitions.ts';
import { purgeDatasets, purgeParts, purgeRuns, purgeSuites } from '../evaluation/evaluation-purge.ts';
import { LOCKS } from '../locks.ts';
import { planRetention, type RetentionLimits, type RetentionPlan } from './plan-retention.ts';
import { purgeRules } from './purge-rules.ts';
import { purgeTable } from './purge-table.ts';

interface RetentionFailure {
  /** Table whose rows could not be purged; the others were. */
  readonly table: string;
  readonly error: unknown;
}

export type RetentionOutcome =
  | {
      readonly status: 'done';
      readonly droppedPartitions: readonly string[];
      /** Rows that went, by table; tables of which none did are left out. */
      readonly purged: Readonly<Record<string, number>>;
      readonly failures: readonly RetentionFailure[];
    }
  | { readonly status: 'another-process-does-it' };

/** How long a drop waits for readers of the partition; queries that come meanwhile queue behind it. */
const LOCK_TIMEOUT_MS = 2_000;
/** Parts and datasets, runs or suites that go in one transaction. */
const EVALUATION_BATCH = 200;
const MAX_EVALUATION_BATCHES = 1000;

/** Drops what is beyond its retention, and makes the partitions of the coming days. */
export class Retention {
  constructor(
    private readonly dataSource: DataSource,
    private readonly partitions: TracePartitions,
    private readonly limits: RetentionLimits,
  ) {}

  /** One process at a time does it; it is safe to call from all of them. */
  async run(nowMs: number): Promise<RetentionOutcome> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const [lock] = (await runner.query('SELECT pg_try_advisory_lock($1) AS held', [LOCKS.retention])) as { held: boolean }[];
      if (!lock?.held) return { status: 'another-process-does-it' };
      try {
        return await this.clean(nowMs);
      } finally {
        await runner.query('SELECT pg_advisory_unlock($1)', [LOCKS.retention]);
      }
    } finally {
      await runner.release();
    }
  }

  private async clean(nowMs: number): Promise<RetentionOutcome> {
    await this.partitions.ensure([0, 1, 2].map((days) => dayOf(nowMs + days * DAY_MS)));
    const found: { name: string }[] = await this.dataSource.query(
      `SELECT c.relname AS name FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
       WHERE i.inhparent = 'signalbox.trace'::regclass`,
    );
    const plan = planRetention(found.map(({ name }) => name), nowMs, this.limits);
    for (const name of plan.dropPartitions) await this.drop(name);
    if (plan.dropPartitions.length > 0) this.partitions.forget();
    return { status: 'done', droppedPartitions: plan.dropPartitions, ...(await this.purge(plan, nowMs)) };
  }

  /** The name comes from the catalogue and has passed partitionDay, so it is safe in the statement. */
  private async drop(name: string): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
      await manager.query(`DROP TABLE signalbox.${name}`);
    });
  }

  /** A table that fails does not keep the others from being purged. */
  private async purge(plan: RetentionPlan, nowMs: number): Promise<{ readonly purged: Readonly<Record<string, number>>; readonly failures: readonly RetentionFailure[] }> {
    const purged: Record<string, number> = {};
    const failures: RetentionFailure[] = [];
    const attempt = async (table: string, work: () => Promise<number>): Promise<void> => {
      try {
        const rows = await work();
        if (rows > 0) purged[table] = rows;
      } catch (error) {
        failures.push({ table, error });
      }
    };
    for (const rule of purgeRules(plan, nowMs)) await attempt(rule.table, () => purgeTable(this.dataSource, rule));
    await attempt('evaluation_run', () => purgeRuns(this.dataSource, plan.runsBeforeMs, EVALUATION_BATCH));
    await attempt('evaluation_suite', () => inBatches((batch) => purgeSuites(this.dataSource, plan.runsBeforeMs, batch)));
    await attempt('evaluation_dataset', () => inBatches((batch) => purgeDatasets(this.dataSource, plan.partsBeforeMs, batch)));
    await attempt('evaluation_part', () => inBatches((batch) => purgeParts(this.dataSource, plan.partsBeforeMs, batch)));
    return { purged, failures };
  }
}

async function inBatches(work: (batch: number) => Promise<number>): Promise<number> {
  let rows = 0;
  for (let batch = 0; batch < MAX_EVALUATION_BATCHES; batch += 1) {
    const gone = await work(EVALUATION_BATCH);
    rows += gone;
    if (gone < EVALUATION_BATCH) break;
  }
  return rows;
}
