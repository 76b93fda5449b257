import { from as copyFrom } from 'pg-copy-streams';
import { finished } from 'node:stream/promises';
import { QueryFailedError, type DataSource, type EntityManager } from 'typeorm';
import { type Client } from 'pg';
import { type ReleaseOutlines } from '../releases/release-outlines.ts';
import { addRollUps } from '../usage/roll-up-writer.ts';
import { rollUps, type ShortIds } from '../usage/roll-up.ts';
import { dayOf } from './days.ts';
import { type TracePartitions } from './partitions.ts';
import { type Segments } from './segments.ts';
import { type TraceBatch } from './trace-batch.ts';
import { encodeTraceRows, TRACE_COLUMNS } from './trace-rows.ts';

export type WriteOutcome = 'written' | 'already-written';

/**
 * Writes batches of traces. Ledger entry, traces and roll-ups are one transaction, so a batch counts
 * once however often it is delivered, and a crash leaves all of it or nothing.
 */
export class TraceWriter {
  constructor(
    private readonly dataSource: DataSource,
    private readonly partitions: TracePartitions,
    private readonly segments: Segments,
    private readonly releases: ReleaseOutlines,
  ) {}

  /** @throws Error naming a release that the database does not know; nothing is written then */
  async write(batch: TraceBatch): Promise<WriteOutcome> {
    const ids = await this.shortIds(batch);
    const rows = encodeTraceRows(batch.traces, ids);
    const days = new Set(batch.traces.map(({ record }) => dayOf(record.atMs)));
    for (let attempt = 1; ; attempt += 1) {
      await this.partitions.ensure(days);
      try {
        return await this.dataSource.transaction((manager) => writeAll(manager, batch, rows, ids));
      } catch (error) {
        // Retention may drop a day between the look and the write.
        if (attempt > 1 || !isMissingPartition(error)) throw error;
        this.partitions.forget();
      }
    }
  }

  private async shortIds({ traces }: TraceBatch): Promise<ShortIds> {
    const [releases, segments] = await Promise.all([
      this.releases.resolve(traces.map(({ record }) => record.releaseId)),
      this.segments.resolve(traces.map(({ record }) => record.segment)),
    ]);
    return { releases, segments };
  }
}

async function writeAll(manager: EntityManager, batch: TraceBatch, rows: Buffer, ids: ShortIds): Promise<WriteOutcome> {
  // Waits for another writer of the same batch and then sees its entry.
  const entered: unknown[] = await manager.query(
    `INSERT INTO signalbox.trace_batch (batch_id, written_at, requests, quarantined, refused, tokens) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (batch_id) DO NOTHING RETURNING batch_id`,
    [
      batch.batchId,
      new Date(batch.writtenAtMs),
      batch.traces.length,
      batch.quarantined.length,
      batch.refused,
      batch.traces.reduce((sum, { routedTokens }) => sum + routedTokens, 0),
    ],
  );
  if (entered.length === 0) return 'already-written';
  if (batch.traces.length > 0) await copyTraces(manager, rows);
  await quarantine(manager, batch);
  // Last, because all writers meet at these rows and hold them until the commit.
  await addRollUps(manager, rollUps(batch.usage, ids));
  return 'written';
}

async function copyTraces(manager: EntityManager, rows: Buffer): Promise<void> {
  const client = (await manager.queryRunner?.connect()) as Client;
  const stream = client.query(copyFrom(`COPY signalbox.trace (${TRACE_COLUMNS.join(', ')}) FROM STDIN (FORMAT binary)`));
  stream.end(rows);
  await finished(stream);
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

