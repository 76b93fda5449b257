import { type DataSource } from 'typeorm';
import { LOCKS } from '../locks.ts';
import { unpackUsage } from './packed-usage.ts';
import { addRollUps } from './roll-up-writer.ts';
import { type RecentUsage, rollUps } from './roll-up.ts';

export type FoldOutcome = { readonly status: 'done'; readonly foldedRows: number } | { readonly status: 'another-process-does-it' };

/** Rows folded in one transaction: bounds its memory. */
const MAX_ROWS_PER_FOLD = 500;

interface RecentRow {
  readonly bucket: Date;
  readonly release: number;
  readonly segment: number;
  readonly usage: Buffer;
  readonly pairs: Buffer | null;
}

/**
 * Folds what the writers appended into the minute and hour roll-ups. Many appends to a minute cost one
 * change of its rows, and no writer waits for another's. Readers add what is not folded yet, so nobody
 * sees when it happens.
 */
export class UsageFolder {
  constructor(
    private readonly dataSource: DataSource,
    private readonly maxRows = MAX_ROWS_PER_FOLD,
  ) {}

  /** Folds all that is committed when it starts. One process at a time does it; it is safe to call from all of them. */
  async run(): Promise<FoldOutcome> {
    let foldedRows = 0;
    for (;;) {
      const folded = await this.fold();
      if (folded === null) return { status: 'another-process-does-it' };
      foldedRows += folded;
      if (folded < this.maxRows) return { status: 'done', foldedRows };
    }
  }

  /** Number of rows taken, all in one transaction with what they add; null when another process holds the lock. */
  private async fold(): Promise<number | null> {
    return this.dataSource.transaction(async (manager) => {
      const [lock] = (await manager.query('SELECT pg_try_advisory_xact_lock($1) AS held', [LOCKS.fold])) as { held: boolean }[];
      if (!lock?.held) return null;
      const [rows] = (await manager.query(
        `DELETE FROM signalbox.usage_recent WHERE ctid = ANY(ARRAY(SELECT ctid FROM signalbox.usage_recent LIMIT $1))
         RETURNING bucket, release, segment, usage, pairs`,
        [this.maxRows],
      )) as [RecentRow[], number];
      await addRollUps(manager, rollUps(unpacked(rows)));
      return rows.length;
    });
  }
}

/** One at a time: unpacked, a row of a large model takes a megabyte. */
function* unpacked(rows: readonly RecentRow[]): Generator<RecentUsage> {
  for (const { bucket, release, segment, usage, pairs } of rows) {
    yield { bucketMs: bucket.getTime(), release, segment, layers: unpackUsage(usage, pairs) };
  }
}
