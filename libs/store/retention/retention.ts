import { type DataSource } from 'typeorm';
import { DAY_MS, dayOf } from '../capture/days.ts';
import { type TracePartitions } from '../capture/partitions.ts';
import { LOCKS } from '../locks.ts';
import { planRetention, type RetentionLimits } from './plan-retention.ts';

export type RetentionOutcome =
  | { readonly status: 'done'; readonly droppedPartitions: readonly string[]; readonly purgedRows: number }
  | { readonly status: 'another-process-does-it' };

/** How long a drop waits for readers of the partition; queries that come meanwhile queue behind it. */
const LOCK_TIMEOUT_MS = 2_000;

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
    let purgedRows = 0;
    purgedRows += await this.purge('trace_quarantine', 'quarantined_at', plan.quarantineBeforeMs);
    // What a shadow differed in tells of requests as their traces do.
    purgedRows += await this.purge('shadow_comparison', 'at', plan.quarantineBeforeMs);
    purgedRows += await this.purge('trace_batch', 'written_at', plan.ledgerBeforeMs);
    purgedRows += await this.purge('usage_minute', 'bucket', plan.minutesBeforeMs);
    purgedRows += await this.purge('expert_figures_minute', 'bucket', plan.minutesBeforeMs);
    purgedRows += await this.purge('rule_refusal_minute', 'bucket', plan.minutesBeforeMs);
    purgedRows += await this.purge('answer_check_hour', 'bucket', plan.minutesBeforeMs);
    purgedRows += await this.purge('degraded_minute', 'bucket', plan.minutesBeforeMs);
    if (plan.dropPartitions.length > 0) this.partitions.forget();
    return { status: 'done', droppedPartitions: plan.dropPartitions, purgedRows };
  }

  /** The name comes from the catalogue and has passed partitionDay, so it is safe in the statement. */
  private async drop(name: string): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
      await manager.query(`DROP TABLE signalbox.${name}`);
    });
  }

  private async purge(table: string, column: string, beforeMs: number): Promise<number> {
    const result: [unknown, number] = await this.dataSource.query(`DELETE FROM signalbox.${table} WHERE ${column} < $1`, [new Date(beforeMs)]);
    return result[1];
  }
}
