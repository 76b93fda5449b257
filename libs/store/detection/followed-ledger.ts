import { type DataSource, type EntityManager } from 'typeorm';
import { type Segment } from '#libs/contract/capture/request-record';

/** A place in the ledger: everything up to it is done. Transaction ids are 64 bits wide, so they stay text. */
export interface Watermark {
  readonly xid: string;
  readonly sequence: string;
}

export interface FollowedBatch {
  readonly batchId: string;
  readonly position: Watermark;
  /** In the order in which they were written; null in batches of a version before this one. */
  readonly requestIds: readonly string[] | null;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

export interface FollowedRequest {
  readonly requestId: string;
  readonly atMs: number;
  readonly model: string;
  readonly releaseId: string;
  readonly segment: Segment;
  /** null where it was not asked for. */
  readonly sealedTrace: Uint8Array | null;
  /** Its trace is not kept: there is nothing to follow. */
  readonly hasNoTrace: boolean;
}

export interface Lag {
  readonly requests: number;
  readonly seconds: number;
}

interface RequestRow extends Segment {
  readonly request_id: string;
  readonly at: Date;
  readonly model: string;
  readonly release_id: string;
  readonly trace: Buffer | null;
  readonly no_trace: string | null;
}

/** Behind the last batch that the next transaction could have written. */
const BEHIND_ALL = '9223372036854775807';
/** Batches are counted only so far: beyond it the reader is behind in any case. */
const MAX_COUNTED = 100_000;
const REQUEST_COLUMNS = 't.request_id, t.at, release.model, release.id AS release_id, segment.tenant, segment.task, segment.language, t.no_trace';
const REQUEST_SOURCE = 'JOIN signalbox.release ON release.number = t.release JOIN signalbox.segment ON segment.id = t.segment';

/**
 * Reads the ledger of written batches in an order in which nothing can appear behind the reader: by
 * transaction, and only those transactions before which none is running any more.
 */
export class FollowedLedger {
  constructor(private readonly dataSource: DataSource) {}

  /** Where a reader that does not care for the past begins. */
  async end(): Promise<Watermark> {
    const [row]: { xid: string }[] = await this.dataSource.query('SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::numeric - 1)::text AS xid');
    return { xid: row?.xid ?? '0', sequence: BEHIND_ALL };
  }

  /**
   * Whether the watermark is of this database's time: one from a dump that was restored elsewhere lies in a
   * future that the transaction ids here have not reached, and everything until then would be skipped.
   */
  async isAhead({ xid }: Watermark): Promise<boolean> {
    const [row]: { ahead: boolean }[] = await this.dataSource.query('SELECT $1::xid8 >= pg_snapshot_xmax(pg_current_snapshot()) AS ahead', [xid]);
    return row?.ahead === true;
  }

  /** Takes batches of such a dump out of the way: they were followed where they were written. */
  async forgetFuture(): Promise<void> {
    await this.dataSource.query(`UPDATE signalbox.trace_batch SET xid = '0' WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())`);
  }

  /** The next batches behind the watermark. */
  async next({ xid, sequence }: Watermark, maxBatches: number): Promise<readonly FollowedBatch[]> {
    // Ordered by the table's columns: by their names alone it would be by the texts they are given out as.
    const rows: { batch_id: string; xid: string; sequence: string; request_ids: string[] | null; first_at: Date | null; last_at: Date | null }[] = await this.dataSource.query(
      `SELECT batch_id, b.xid::text AS xid, b.sequence::text AS sequence, request_ids::text[] AS request_ids, first_at, last_at FROM signalbox.trace_batch AS b
       WHERE (b.xid, b.sequence) > ($1::xid8, $2::bigint) AND b.xid < pg_snapshot_xmin(pg_current_snapshot())
       ORDER BY b.xid, b.sequence LIMIT $3`,
      [xid, sequence, maxBatches],
    );
    return rows.map((row) => ({
      batchId: row.batch_id,
      position: { xid: row.xid, sequence: row.sequence },
      requestIds: row.request_ids,
      firstAtMs: row.first_at?.getTime() ?? 0,
      lastAtMs: row.last_at?.getTime() ?? 0,
    }));
  }

  /**
   * Requests of a batch that are still there, sealed, in the order in which they were written; without those that were pinned to a release.
   * @param withoutTraces releases whose traces are left out
   */
  async requests({ requestIds, firstAtMs, lastAtMs }: FollowedBatch, withoutTraces: readonly string[] = []): Promise<readonly FollowedRequest[]> {
    if (requestIds === null || requestIds.length === 0) return [];
    // A millisecond more at the end: the column has microseconds.
    const rows: RequestRow[] = await this.dataSource.query(
      `SELECT DISTINCT ON (wanted.ordinal) ${REQUEST_COLUMNS}, CASE WHEN release.id = ANY($4::text[]) THEN NULL ELSE t.trace END AS trace FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted(request_id, ordinal)
       JOIN signalbox.trace AS t ON t.request_id = wanted.request_id AND t.at >= $2 AND t.at < $3 AND t.pinned IS NOT TRUE ${REQUEST_SOURCE} ORDER BY wanted.ordinal`,
      [requestIds, new Date(firstAtMs), new Date(lastAtMs + 1), withoutTraces],
    );
    return rows.map(toRequest);
  }

  /** How much lies behind the watermark, whether or not it may be read yet. */
  async lag({ xid, sequence }: Watermark, nowMs: number): Promise<Lag> {
    const [row]: { requests: number; oldest: Date | null }[] = await this.dataSource.query(
      `SELECT coalesce(sum(requests), 0)::float8 AS requests, min(written_at) AS oldest FROM (
         SELECT requests, written_at FROM signalbox.trace_batch WHERE (xid, sequence) > ($1::xid8, $2::bigint) ORDER BY xid, sequence LIMIT ${MAX_COUNTED}) AS behind`,
      [xid, sequence],
    );
    return { requests: row?.requests ?? 0, seconds: row?.oldest ? Math.max(0, nowMs - row.oldest.getTime()) / 1000 : 0 };
  }
}

/** Requests by id within a time range, in order of time. */
export async function requestsById(manager: EntityManager, ids: readonly string[], { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): Promise<readonly FollowedRequest[]> {
  const rows: RequestRow[] = await manager.query(
    `SELECT ${REQUEST_COLUMNS}, t.trace FROM signalbox.trace AS t ${REQUEST_SOURCE} WHERE t.request_id = ANY($1::uuid[]) AND t.at >= $2 AND t.at < $3 ORDER BY t.at, t.request_id`,
    [ids, new Date(fromMs), new Date(toMs)],
  );
  return rows.map(toRequest);
}

function toRequest({ request_id: requestId, at, model, release_id: releaseId, tenant, task, language, trace, no_trace: noTrace }: RequestRow): FollowedRequest {
  return { requestId, atMs: at.getTime(), model, releaseId, segment: { tenant, task, language }, sealedTrace: trace, hasNoTrace: noTrace !== null };
}
