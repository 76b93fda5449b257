import { type DataSource } from 'typeorm';
import { type TimeRange } from '../usage/time-plan.ts';

/** Quantiles in milliseconds; null where no request had the figure. */
export interface LatencyQuantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface RequestLatency {
  readonly requests: number;
  readonly durationMs: LatencyQuantiles | null;
  readonly timeToFirstTokenMs: LatencyQuantiles | null;
  readonly queueWaitMs: LatencyQuantiles | null;
}

interface Row {
  requests: number;
  duration: number[] | null;
  ttft: number[] | null;
  queue: number[] | null;
}

/** Request times from the traces that are kept: exact quantiles, bounded by the traces' retention. */
export class RequestLatencyReader {
  constructor(private readonly dataSource: DataSource) {}

  /** Of answered requests. */
  async read(model: string, { fromMs, toMs }: TimeRange): Promise<RequestLatency> {
    const rows: Row[] = await this.dataSource.query(
      `SELECT count(*)::float8 AS requests, ${quantiles('duration_ms')} AS duration, ${quantiles('ttft_ms')} AS ttft, ${quantiles('queue_ms')} AS queue
       FROM signalbox.trace
       WHERE at >= $1 AND at < $2 AND status = 0
         AND release = ANY(ARRAY(SELECT number FROM signalbox.release WHERE model = $3))`,
      [new Date(fromMs), new Date(toMs), model],
    );
    const row = rows[0];
    return {
      requests: row?.requests ?? 0,
      durationMs: toQuantiles(row?.duration),
      timeToFirstTokenMs: toQuantiles(row?.ttft),
      queueWaitMs: toQuantiles(row?.queue),
    };
  }
}

function quantiles(column: string): string {
  return `percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY ${column})`;
}

export function toQuantiles(values: number[] | null | undefined): LatencyQuantiles | null {
  const [p50, p95, p99] = values ?? [];
  return typeof p50 === 'number' && typeof p95 === 'number' && typeof p99 === 'number' ? { p50, p95, p99 } : null;
}
