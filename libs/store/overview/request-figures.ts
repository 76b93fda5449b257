import { type DataSource } from 'typeorm';
import { type LatencyQuantiles, toQuantiles } from '../traces/request-latency.ts';

/** Figures of requests that were admitted in some time. */
export interface RequestFigures {
  readonly requests: number;
  readonly answered: number;
  readonly cancelled: number;
  readonly failed: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Answered requests that got a first token. */
  readonly withFirstToken: number;
  /** Of answered requests; null where there is none. */
  readonly durationMs: LatencyQuantiles | null;
  readonly timeToFirstTokenMs: LatencyQuantiles | null;
}

export interface RequestBucket extends RequestFigures {
  /** Start of the bucket, epoch milliseconds. */
  readonly atMs: number;
}

export interface RequestFiguresQuery {
  readonly releaseIds: readonly string[];
  /** Epoch milliseconds; `toMs` excluded. */
  readonly fromMs: number;
  readonly toMs: number;
  /** null: of all. */
  readonly tenant: string | null;
  readonly stepMs: number;
}

interface Row {
  readonly bucket: Date | null;
  readonly requests: number;
  readonly answered: number;
  readonly cancelled: number;
  readonly failed: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly with_first_token: number;
  readonly duration: number[] | null;
  readonly ttft: number[] | null;
}

const quantilesOf = (column: string): string => `percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY ${column}) FILTER (WHERE status = 0)`;

/** Totals and a time line of the requests that are recorded: exact, and bounded by the retention of traces. */
export class RequestFiguresReader {
  constructor(private readonly dataSource: DataSource) {}

  /** Buckets with requests, oldest first, and all of them together. */
  async read({ releaseIds, fromMs, toMs, tenant, stepMs }: RequestFiguresQuery): Promise<{ readonly total: RequestFigures; readonly buckets: readonly RequestBucket[] }> {
    // The columns are picked before the sort, so that it does not carry the traces.
    const rows: Row[] = await this.dataSource.query(
      `WITH picked AS (
         SELECT date_bin($4 * interval '1 millisecond', at, timestamptz 'epoch') AS bucket, status, prompt_tokens, completion_tokens, duration_ms, ttft_ms
         FROM signalbox.trace
         WHERE at >= $1 AND at < $2 AND release = ANY(ARRAY(SELECT number FROM signalbox.release WHERE id = ANY($3)))
           AND ($5::text IS NULL OR segment = ANY(ARRAY(SELECT id FROM signalbox.segment WHERE tenant = $5)))
       )
       SELECT bucket, count(*)::float8 AS requests,
         count(*) FILTER (WHERE status = 0)::float8 AS answered, count(*) FILTER (WHERE status = 1)::float8 AS cancelled, count(*) FILTER (WHERE status = 2)::float8 AS failed,
         coalesce(sum(prompt_tokens), 0)::float8 AS prompt_tokens, coalesce(sum(completion_tokens), 0)::float8 AS completion_tokens,
         count(ttft_ms) FILTER (WHERE status = 0)::float8 AS with_first_token, ${quantilesOf('duration_ms')} AS duration, ${quantilesOf('ttft_ms')} AS ttft
       FROM picked GROUP BY GROUPING SETS ((bucket), ()) ORDER BY bucket NULLS LAST`,
      [new Date(fromMs), new Date(toMs), releaseIds, stepMs, tenant],
    );
    const total = rows.at(-1);
    if (!total || total.bucket !== null) throw new Error('the empty grouping set gives the last row');
    return { total: toFigures(total), buckets: rows.slice(0, -1).map((row) => ({ atMs: row.bucket!.getTime(), ...toFigures(row) })) };
  }
}

function toFigures({ requests, answered, cancelled, failed, prompt_tokens, completion_tokens, with_first_token, duration, ttft }: Row): RequestFigures {
  return {
    requests, answered, cancelled, failed, promptTokens: prompt_tokens, completionTokens: completion_tokens, withFirstToken: with_first_token,
    durationMs: toQuantiles(duration), timeToFirstTokenMs: toQuantiles(ttft),
  };
}
