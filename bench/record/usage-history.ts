import { type DataSource } from 'typeorm';
import { type SignalboxUnderTest } from '../harness/signalbox.ts';

export const HISTORY_MODEL = 'bench-usage';
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
const TOKENS_PER_MINUTE = 4_400;

/** Roll-ups of a day and more, as if this many segments had been busy in every minute. */
export async function writeHistory(store: DataSource, release: number, segments: number, nowMs: number): Promise<{ readonly decisions: number; readonly rows: number }> {
  const layers = 4;
  const hours = 26;
  const firstHour = new Date((Math.floor(nowMs / 3_600_000) - hours + 2) * 3_600_000).toISOString();
  await store.query(
    `INSERT INTO signalbox.segment (tenant, task, language)
     SELECT 'tenant-' || i % 10, 'task-' || i, 'en' FROM generate_series(1, $1::int) AS i`,
    [segments],
  );
  // Loads differ by segment and expert and sum to two for each token; a row of segment 0 sums all.
  const rows = (table: string, step: string, count: number, minutes: number) => store.query(
    `INSERT INTO signalbox.${table} (bucket, release, segment, layer, requests, tokens, dropped_selections, dropped, rerouted, masked, fallback,
       sum_squares_cells, sum_squares_requests, load, gate_mass, cross_load, confidence)
     WITH one AS (
       SELECT id AS segment, layer, ${minutes}::bigint AS n, ${TOKENS_PER_MINUTE}::bigint AS tokens,
         ARRAY(SELECT 1100 + CASE WHEN e % 2 = 0 THEN 1 ELSE -1 END * ((id * 37 + layer * 11) % 400) FROM generate_series(0, 7) AS e)::bigint[] AS load
       FROM signalbox.segment, generate_series(0, ${layers - 1}) AS layer WHERE task LIKE 'task-%' AND tenant LIKE 'tenant-%'
     ), every AS (
       SELECT segment, layer, n, 1::bigint AS shares, tokens, load FROM one
       UNION ALL
       SELECT 0, layer, max(n), count(*), max(tokens), (SELECT array_agg(s ORDER BY i) FROM (
         SELECT i, sum(v)::bigint AS s FROM one AS o, unnest(o.load) WITH ORDINALITY AS x(v, i) WHERE o.layer = one.layer GROUP BY i) AS c)
       FROM one GROUP BY layer
     )
     SELECT $1::timestamptz + bucket * interval '1 ${step}', $2::int, segment, layer, 40 * n * shares, tokens * n * shares, 0, 0, 0, 0, 0,
       1.3e6 * n * shares, 1e7 * n * shares,
       (SELECT array_agg(v * n ORDER BY i) FROM unnest(load) WITH ORDINALITY AS x(v, i)),
       (SELECT array_agg(v * n * 128 ORDER BY i) FROM unnest(load) WITH ORDINALITY AS x(v, i)),
       (SELECT array_agg(v * n * 220 ORDER BY i) FROM unnest(load) WITH ORDINALITY AS x(v, i)),
       array_fill(tokens * n * shares / 20, ARRAY[20])
     FROM every, generate_series(0, ${count - 1}) AS bucket`,
    [firstHour, release],
  );
  await rows('usage_minute', 'minute', hours * 60, 1);
  await rows('usage_hour', 'hour', hours, 60);
  await store.query('ANALYZE signalbox.usage_minute, signalbox.usage_hour, signalbox.segment');
  return { decisions: DAY_MINUTES * segments * layers * TOKENS_PER_MINUTE, rows: hours * 60 * layers * (segments + 1) };
}

export interface QueryTimes {
  readonly name: string;
  readonly elapsedMs: readonly number[];
  /** Decisions that the first answer adds up. */
  readonly decisions: number;
}

/** Times of queries through the HTTP API over 24 hours that end at another minute each time. */
export async function timeQueries({ url, key }: SignalboxUnderTest, queries: number, nowMs: number): Promise<QueryTimes[]> {
  const cuts: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['all traffic', {}],
    ['one tenant', { tenant: 'tenant-3' }],
    ['by tenant', { groupBy: 'tenant' }],
  ];
  const results: { name: string; elapsedMs: number[]; decisions: number }[] = cuts.map(([name]) => ({ name, elapsedMs: [], decisions: 0 }));
  for (let i = 0; i < queries; i++) {
    for (const [c, [, cut]] of cuts.entries()) {
      const toMs = nowMs - ((i * 7) % 60) * MINUTE_MS;
      const query = new URLSearchParams({ model: HISTORY_MODEL, from: new Date(toMs - DAY_MINUTES * MINUTE_MS).toISOString(), to: new Date(toMs).toISOString(), ...cut });
      const startedMs = performance.now();
      const response = await fetch(`${url}/api/v1/usage?${query.toString()}`, { headers: { authorization: `Bearer ${key}` } });
      const body = (await response.json()) as { groups: { layers?: { tokens: number }[] }[] };
      results[c]?.elapsedMs.push(performance.now() - startedMs);
      if (!response.ok) throw new Error(`${response.status}: ${JSON.stringify(body)}`);
      if (i === 0) results[c]!.decisions = body.groups.flatMap(({ layers }) => layers ?? []).reduce((sum, { tokens }) => sum + tokens, 0);
    }
  }
  return results;
}
