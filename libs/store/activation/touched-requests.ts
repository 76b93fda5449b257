import { type DataSource } from 'typeorm';
import { type Sha256 } from '#libs/release/component';
import { ALL_SEGMENTS } from '../capture/segments.ts';

/** A recorded request that a release with the version answered. */
export interface TouchedRequest {
  readonly requestId: string;
  readonly atMs: number;
  readonly releaseId: string;
  readonly status: number;
  /** Size of its sealed trace. */
  readonly sizeBytes: number;
}

export interface TouchedQuery {
  readonly sha256: Sha256;
  /** Where the page before ended: its last request. */
  readonly after: { readonly atMs: number; readonly requestId: string } | null;
  readonly limit: number;
}

const HOLDING = `SELECT DISTINCT r.number FROM signalbox.release_component AS c JOIN signalbox.release AS r ON r.id = c.release_id WHERE c.sha256 = $1`;

/** Requests that releases with a component version answered. */
export class TouchedRequests {
  constructor(private readonly dataSource: DataSource) {}

  /** Recorded requests by release, for those that hold the version; only releases with any. */
  async counts(sha256: Sha256): Promise<ReadonlyMap<string, number>> {
    const rows: { id: string; requests: number }[] = await this.dataSource.query(
      `SELECT r.id, count(*)::float8 AS requests FROM signalbox.trace AS t JOIN signalbox.release AS r ON r.number = t.release
       WHERE t.release IN (${HOLDING}) GROUP BY r.id`,
      [sha256],
    );
    return new Map(rows.map(({ id, requests }) => [id, requests]));
  }

  /** Newest first. */
  async list({ sha256, after, limit }: TouchedQuery): Promise<readonly TouchedRequest[]> {
    const rows: (Omit<TouchedRequest, 'atMs'> & { at: Date })[] = await this.dataSource.query(
      `SELECT t.request_id AS "requestId", t.at, r.id AS "releaseId", t.status, octet_length(t.trace) AS "sizeBytes"
       FROM signalbox.trace AS t JOIN signalbox.release AS r ON r.number = t.release
       WHERE t.release IN (${HOLDING}) AND ($2::timestamptz IS NULL OR (t.at <= $2 AND (t.at, t.request_id) < ($2, $3::uuid)))
       ORDER BY t.at DESC, t.request_id DESC LIMIT $4`,
      [sha256, after && new Date(after.atMs), after?.requestId ?? null, limit],
    );
    return rows.map(({ at, ...row }) => ({ ...row, atMs: at.getTime() }));
  }

  /** null where it is gone meanwhile. No look at a trace goes unaudited: whoever calls this writes the entry. */
  async sealedTrace({ requestId, atMs }: Pick<TouchedRequest, 'requestId' | 'atMs'>): Promise<Uint8Array | null> {
    const rows: { trace: Buffer }[] = await this.dataSource.query(
      // The time picks the partition.
      `SELECT trace FROM signalbox.trace WHERE at = $1 AND request_id = $2`,
      [new Date(atMs), requestId],
    );
    return rows[0]?.trace ?? null;
  }

  /**
   * Requests that such releases answered and whose traces are gone, from the usage by hour. With `selectedOnly`,
   * for an expert, only those of hours in which usage counts tokens for it: no other can have selected it.
   * Traces go by whole UTC days, so no hour is half gone.
   */
  async pastRetention(sha256: Sha256, selectedOnly: boolean): Promise<number> {
    const [row] = (await this.dataSource.query(
      `WITH place AS (
         SELECT r.number AS release,
           CASE WHEN c.component LIKE 'expert/%' THEN split_part(c.component, '/', 2)::int ELSE 0 END AS layer,
           CASE WHEN $2::boolean AND c.component LIKE 'expert/%' THEN split_part(c.component, '/', 3)::int END AS expert
         FROM signalbox.release_component AS c JOIN signalbox.release AS r ON r.id = c.release_id WHERE c.sha256 = $1),
       kept AS (SELECT COALESCE(date_trunc('day', min(at), 'UTC'), 'infinity') AS since FROM signalbox.trace),
       gone AS (
         SELECT u.release, u.bucket, max(u.requests) AS requests
         FROM place AS p JOIN signalbox.usage_hour AS u ON u.release = p.release AND u.layer = p.layer
         WHERE u.segment = ${ALL_SEGMENTS} AND u.bucket < (SELECT since FROM kept) AND (p.expert IS NULL OR u.load[p.expert + 1] > 0)
         GROUP BY u.release, u.bucket)
       SELECT COALESCE(sum(requests), 0)::float8 AS requests FROM gone`,
      [sha256, selectedOnly],
    )) as { requests: number }[];
    return row?.requests ?? 0;
  }
}
