import { randomUUID } from 'node:crypto';
import { finished } from 'node:stream/promises';
import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type DataSource } from 'typeorm';
import { type TraceSealer } from '#libs/record/seal';
import { DAY_MS } from '#libs/store/capture/days';
import { TracePartitions } from '#libs/store/capture/partitions';
import { Segments } from '#libs/store/capture/segments';
import { type TraceBatch } from '#libs/store/capture/trace-batch';
import { encodeTraceRows, TRACE_COLUMNS } from '#libs/store/capture/trace-rows';
import { TraceWriter } from '#libs/store/capture/trace-writer';
import { ReleaseOutlines } from '#libs/store/releases/release-outlines';
import { UsageFolder } from '#libs/store/usage/usage-folder';
import { aggregateUsage } from '../../apps/pipeline/aggregate-usage.ts';
import { type RecordedTrace, resealed, selectionsOf } from './recorded-traces.ts';

export interface GroupSize {
  /** As the spool closes its segments. */
  readonly batchBytes: number;
  /** Batches that share a transaction. */
  readonly batches: number;
  readonly groups: number;
}

export interface WriteSpeeds {
  /** Selections made durable per second. */
  readonly writer: number;
  /** The same, until all of their usage is folded into the roll-ups too. */
  readonly writerFolded: number;
  /** Raw binary COPY of the same bytes into a table with the same columns and indexes, and without indexes. */
  readonly copyEqual: number;
  readonly copyBare: number;
}

const segments = (store: DataSource) => new Segments(store, 1000);

/** What is written: traces of one model, all on one day, so that its partition and the tables of raw COPY grow alike. */
export interface Workload {
  readonly name: 'demo' | 'large';
  readonly traces: readonly RecordedTrace[];
  readonly daysBack: number;
}

/** Tables for raw COPY: as the partitions are, and bare. Made before, so that the copies write WAL as any. */
export async function createCopyTables(store: DataSource, name: Workload['name']): Promise<void> {
  await store.query(`
    CREATE SCHEMA IF NOT EXISTS bench;
    CREATE TABLE bench.${name}_equal (LIKE signalbox.trace INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING INDEXES);
    CREATE TABLE bench.${name}_bare (LIKE signalbox.trace INCLUDING DEFAULTS INCLUDING STORAGE);`);
}

/** Cuts copies of the traces into batches of about that many bytes. */
function batchesOf(traces: readonly RecordedTrace[], sealer: TraceSealer, { batchBytes, batches }: GroupSize, start: number, nowMs: number): { readonly group: TraceBatch[]; readonly selections: number; readonly next: number } {
  let next = start;
  let selections = 0;
  const group = Array.from({ length: batches }, () => {
    const admitted = [];
    for (let bytes = 0; bytes < batchBytes; ) {
      const source = traces[next++ % traces.length]!;
      const captured = resealed(source, sealer, nowMs);
      admitted.push({ ...captured, trace: source.trace });
      bytes += captured.sealedTrace.length + 300;
      selections += selectionsOf(source.trace);
    }
    return aggregateUsage({ batchId: randomUUID(), admitted, quarantined: [], refused: 0 }, nowMs);
  });
  return { group, selections, next };
}

/** One round: the same groups through the writer and by raw COPY, in an order that the round decides. */
export async function measureWriters(store: DataSource, url: string, { name, traces, daysBack }: Workload, sealer: TraceSealer, size: GroupSize, round: number): Promise<WriteSpeeds> {
  const writer = new TraceWriter(store, new TracePartitions(store), segments(store), new ReleaseOutlines(store));
  const nowMs = Date.now() - daysBack * DAY_MS;
  const ids = {
    releases: await new ReleaseOutlines(store).resolve(new Set(traces.map(({ record }) => record.releaseId))),
    segments: await segments(store).resolve(traces.map(({ record }) => record.segment)),
  };
  // Prepared for each by itself: sealing and aggregation stand outside, and no bytes are written twice.
  let selections = 0;
  let start = round * 997;
  const groups = Array.from({ length: size.groups }, () => {
    const made = batchesOf(traces, sealer, size, start, nowMs);
    selections += made.selections;
    start = made.next;
    return made.group;
  });
  const rows = groups.map((group) => Buffer.concat([...encodeTraceRows(group.flatMap(({ traces: written }) => written), ids)]));
  const client = new Client({ connectionString: url });
  await client.connect();
  const seconds = { writer: 0, fold: 0, equal: 0, bare: 0 };
  const timed = async (what: keyof typeof seconds, action: () => Promise<void>) => {
    const startedMs = performance.now();
    await action();
    seconds[what] = (performance.now() - startedMs) / 1_000;
  };
  const copies = async (table: string) => {
    for (const bytes of rows) {
      const stream = client.query(copyFrom(`COPY ${table} (${TRACE_COLUMNS.join(', ')}) FROM STDIN (FORMAT binary)`));
      stream.end(bytes);
      await finished(stream);
    }
  };
  const contestants = [
    async () => {
      await timed('writer', async () => {
        for (const group of groups) await writer.writeTogether(group);
      });
      await timed('fold', () => foldAll(store));
    },
    () => timed('equal', () => copies(`bench.${name}_equal`)),
    () => timed('bare', () => copies(`bench.${name}_bare`)),
  ];
  try {
    for (let i = 0; i < contestants.length; i++) {
      await client.query('CHECKPOINT');
      await contestants[(i + round) % contestants.length]?.();
    }
  } finally {
    await client.end();
  }
  return {
    writer: selections / seconds.writer,
    writerFolded: selections / (seconds.writer + seconds.fold),
    copyEqual: selections / seconds.equal,
    copyBare: selections / seconds.bare,
  };
}

/** The pipeline's own folder may be at it: then its work is waited for. */
async function foldAll(store: DataSource): Promise<void> {
  const folder = new UsageFolder(store);
  for (;;) {
    const outcome = await folder.run();
    if (outcome.status === 'done') return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
