import { QueryFailedError, type DataSource, type EntityManager } from 'typeorm';
import { type ReleaseOutlines } from '../releases/release-outlines.ts';
import { encodeRecentUsage, RECENT_COLUMNS } from '../usage/recent-rows.ts';
import { recentUsage, type ShortIds } from '../usage/roll-up.ts';
import { copyRows } from './copy-rows.ts';
import { daysOf } from './days.ts';
import { type TracePartitions } from './partitions.ts';
import { type Segments } from './segments.ts';
import { type TraceBatch } from './trace-batch.ts';
import { encodeTraceRows, TRACE_COLUMNS } from './trace-rows.ts';

export type WriteOutcome = 'written' | 'already-written';

/**
 * Writes batches of traces. Ledger entries, traces and their usage are one transaction, so a batch counts
 * once however often it is delivered, and a crash leaves all of it or nothing. Usage is appended; see
 * UsageFolder for how it gets into the roll-ups.
 */
export class TraceWriter {
  constructor(
    private readonly dataSource: DataSource,
    private readonly partitions: TracePartitions,
    private readonly segments: Segments,
    private readonly releases: ReleaseOutlines,
  ) {}

  async write(batch: TraceBatch): Promise<WriteOutcome> {
    const [outcome = 'already-written'] = await this.writeTogether([batch]);
    return outcome;
  }

  /**
   * Writes several batches in one transaction, which costs one commit and one sum of usage. Outcomes
   * are in the order of the batches.
   * @throws Error naming a release that the database does not know; then none of them is written
   */
  async writeTogether(batches: readonly TraceBatch[]): Promise<readonly WriteOutcome[]> {
    const ids = await this.shortIds(batches);
    const days = daysOf(batches.flatMap(({ traces }) => traces.map(({ record }) => record.atMs)));
    for (let attempt = 1; ; attempt += 1) {
      await this.partitions.ensure(days);
      try {
        return await this.dataSource.transaction((manager) => writeAll(manager, batches, ids));
      } catch (error) {
        // Retention may drop a day between the look and the write.
        if (attempt > 1 || !isMissingPartition(error)) throw error;
        this.partitions.forget();
      }
    }
  }

  private async shortIds(batches: readonly TraceBatch[]): Promise<ShortIds> {
    // Usage names every release and segment of the traces, and each few times; only pinned ones are not in it.
    const pinned = batches.flatMap(({ traces }) => traces.flatMap(({ record }) => (record.pinned ? [record] : [])));
    const usage = [...batches.flatMap((batch) => batch.usage), ...pinned];
    const [releases, segments] = await Promise.all([
      this.releases.resolve(usage.map(({ releaseId }) => releaseId)),
      this.segments.resolve(usage.map(({ segment }) => segment)),
    ]);
    return { releases, segments };
  }
}

async function writeAll(manager: EntityManager, batches: readonly TraceBatch[], ids: ShortIds): Promise<readonly WriteOutcome[]> {
  const entered = await enter(manager, batches);
  const outcomes = batches.map(({ batchId }): WriteOutcome => (entered.delete(batchId) ? 'written' : 'already-written'));
  const fresh = batches.filter((_, i) => outcomes[i] === 'written');
  for (const batch of fresh) await quarantine(manager, batch);
  const traces = fresh.flatMap((batch) => batch.traces);
  if (traces.length === 0) return outcomes;
  let usage: Buffer | null = null;
  const rows = function* () {
    yield* encodeTraceRows(traces, ids);
    // Here, because PostgreSQL is still busy with the rows before.
    usage = encodeRecentUsage(recentUsage(fresh.flatMap((batch) => batch.usage), ids));
  };
  await copyRows(manager, 'signalbox.trace', TRACE_COLUMNS, rows());
  if (usage) await copyRows(manager, 'signalbox.usage_recent', RECENT_COLUMNS, [usage]);
  return outcomes;
}

/**
 * Enters batches in the ledger and returns the ids that were not there. Waits for another writer of the
 * same batch and then sees its entry; sorted, so that two writers of the same ones never deadlock.
 */
async function enter(manager: EntityManager, batches: readonly TraceBatch[]): Promise<Set<string>> {
  const sorted = batches.toSorted((a, b) => (a.batchId < b.batchId ? -1 : 1));
  const rows: { batch_id: string }[] = await manager.query(
    `INSERT INTO signalbox.trace_batch (batch_id, written_at, requests, quarantined, refused, tokens, first_at, last_at, request_ids)
     SELECT batch_id, written_at, requests, quarantined, refused, tokens, first_at, last_at, ids::uuid[]
     FROM unnest($1::uuid[], $2::timestamptz[], $3::int[], $4::int[], $5::int[], $6::bigint[], $7::timestamptz[], $8::timestamptz[], $9::text[])
       AS batch(batch_id, written_at, requests, quarantined, refused, tokens, first_at, last_at, ids)
     ON CONFLICT (batch_id) DO NOTHING RETURNING batch_id`,
    [
      sorted.map(({ batchId }) => batchId),
      sorted.map(({ writtenAtMs }) => new Date(writtenAtMs).toISOString()),
      sorted.map(({ traces }) => traces.length),
      sorted.map(({ quarantined }) => quarantined.length),
      sorted.map(({ refused }) => refused),
      sorted.map(({ traces }) => traces.reduce((sum, { routedTokens }) => sum + routedTokens, 0)),
      sorted.map(({ traces }) => timeOf(traces, Math.min)),
      sorted.map(({ traces }) => timeOf(traces, Math.max)),
      // PostgreSQL's text of an array: an array of arrays must have rows of one length.
      sorted.map(({ traces }) => `{${traces.map(({ record }) => record.requestId).join(',')}}`),
    ],
  );
  return new Set(rows.map((row) => row.batch_id));
}

/** First or last time of admission, so that whoever follows the ledger finds the requests' partitions. */
function timeOf(traces: TraceBatch['traces'], pick: (a: number, b: number) => number): string | null {
  const first = traces[0];
  return first ? new Date(traces.reduce((atMs, { record }) => pick(atMs, record.atMs), first.record.atMs)).toISOString() : null;
}

async function quarantine(manager: EntityManager, { batchId, writtenAtMs, quarantined }: TraceBatch): Promise<void> {
  for (const [ordinal, { record, sealedTrace, reason }] of quarantined.entries()) {
    await manager.query(
      `INSERT INTO signalbox.trace_quarantine (batch_id, ordinal, quarantined_at, reason, record, bytes) VALUES ($1, $2, $3, $4, $5, $6)`,
      [batchId, ordinal, new Date(writtenAtMs), reason, JSON.stringify(record), Buffer.from(sealedTrace)],
    );
  }
}

/** PostgreSQL's check_violation names no constraint when no partition takes the row. */
function isMissingPartition(error: unknown): boolean {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  return cause instanceof Error && /no partition of relation "trace" found/.test(cause.message);
}

