import { type DataSource } from 'typeorm';
import { daysOf } from '#libs/store/capture/days';
import { TracePartitions } from '#libs/store/capture/partitions';

const DAY_MS = 86_400_000;
/** About what a sealed trace of 100 tokens takes. */
const TRACE_BYTES = 800;

/** Puts in requests that are spread over the last day: of four tenants, durations with a long tail, one in 200 with a dropped selection. */
export async function recordRequests(store: DataSource, requests: number, nowMs: number): Promise<void> {
  const fromMs = nowMs - DAY_MS + 60_000;
  await new TracePartitions(store).ensure(daysOf([fromMs, nowMs]));
  await store.query(`INSERT INTO signalbox.segment (tenant, task, language) SELECT 'tenant-' || n, 'chat', 'en' FROM generate_series(1, 4) AS n ON CONFLICT DO NOTHING`);
  await store.query(
    `INSERT INTO signalbox.trace (at, release, segment, prompt_tokens, completion_tokens, routed_tokens, queue_ms, ttft_ms, duration_ms, request_id, status, trace, flags)
     SELECT at, (SELECT min(number) FROM signalbox.release), segment.id, 20 + n % 200, 32, 51 + n % 200, n % 20, 30 + n % 50, (100 / (0.01 + (n * 7919 % 1000) / 1000.0))::int,
       (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid,
       CASE WHEN n % 97 = 0 THEN 1 WHEN n % 301 = 0 THEN 2 ELSE 0 END, decode(repeat(md5(n::text), $4::int / 16), 'hex'), CASE WHEN n % 200 = 0 THEN 1 ELSE 0 END
     FROM generate_series(1, $3::int) AS n, LATERAL (SELECT $1::timestamptz + n * ($2::timestamptz - $1::timestamptz) / $3::int AS at) AS times,
       LATERAL (SELECT id FROM signalbox.segment WHERE tenant = 'tenant-' || (1 + n % 4)) AS segment`,
    [new Date(fromMs), new Date(nowMs), requests, TRACE_BYTES],
  );
  await store.query('ANALYZE signalbox.trace');
}
