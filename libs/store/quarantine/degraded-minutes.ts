import { type DataSource } from 'typeorm';

/** What took another path than usual, of the requests that a release was to answer. */
export interface DegradedCount {
  readonly requests: number;
  readonly decisions: number;
  /** Served otherwise because an expert was out of service, or part of a request that the dense model answered. */
  readonly degradedDecisions: number;
  readonly generalistRequests: number;
  readonly denseRequests: number;
}

/** What a process counted since its last flush. */
export interface DegradedFlush extends DegradedCount {
  /** Makes a repeated write harmless. */
  readonly flushId: string;
  readonly atMs: number;
  readonly releaseId: string;
}

/** Requests and decisions that took another path, by minute. */
export class DegradedMinutes {
  constructor(private readonly dataSource: DataSource) {}

  async write({ flushId, atMs, releaseId, requests, decisions, degradedDecisions, generalistRequests, denseRequests }: DegradedFlush): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO signalbox.degraded_minute (bucket, release, flush_id, requests, decisions, degraded_decisions, generalist_requests, dense_requests)
       SELECT date_trunc('minute', $1::timestamptz), number, $3, $4, $5, $6, $7, $8 FROM signalbox.release WHERE id = $2 ON CONFLICT DO NOTHING`,
      [new Date(atMs), releaseId, flushId, requests, decisions, degradedDecisions, generalistRequests, denseRequests],
    );
  }

  /** In the minutes that begin in the range. */
  async count(releaseNumber: number, fromMs: number, toMs: number): Promise<DegradedCount> {
    const [row]: DegradedCount[] = await this.dataSource.query(
      `SELECT coalesce(sum(requests), 0)::float8 AS requests, coalesce(sum(decisions), 0)::float8 AS decisions, coalesce(sum(degraded_decisions), 0)::float8 AS "degradedDecisions",
         coalesce(sum(generalist_requests), 0)::float8 AS "generalistRequests", coalesce(sum(dense_requests), 0)::float8 AS "denseRequests"
       FROM signalbox.degraded_minute WHERE release = $1 AND bucket >= $2 AND bucket < $3`,
      [releaseNumber, new Date(fromMs), new Date(toMs)],
    );
    return row ?? { requests: 0, decisions: 0, degradedDecisions: 0, generalistRequests: 0, denseRequests: 0 };
  }
}
