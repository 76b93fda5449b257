import { ALL_SEGMENTS } from '../capture/segments.ts';
import { HOUR_MS } from './roll-up.ts';
import { planTime, type TimeRange } from './time-plan.ts';
import { type SegmentDimension, type UsageQuery } from './usage-query.ts';

/** One layer of one group. Sums are below 2^53, so float8 holds them exactly. */
export interface UsageSqlRow {
  release_id: string | null;
  tenant: string | null;
  task: string | null;
  language: string | null;
  bucket: Date | null;
  layer: number;
  requests: number;
  tokens: number;
  dropped_selections: number;
  dropped: number;
  rerouted: number;
  masked: number;
  fallback: number;
  sum_squares_cells: number;
  sum_squares_requests: number;
  experts: number;
  least_experts: number;
  bins: number;
  load: number[];
  gate_mass: number[];
  cross_load: number[];
  confidence: number[];
}

export interface Statement {
  readonly sql: string;
  readonly parameters: unknown[];
}

const DAY_MS = 24 * HOUR_MS;
const SUMS = ['requests', 'tokens', 'dropped_selections', 'dropped', 'rerouted', 'masked', 'fallback', 'sum_squares_cells', 'sum_squares_requests'];
const VECTORS = ['load', 'gate_mass', 'cross_load', 'confidence'];
export const DIMENSIONS: readonly SegmentDimension[] = ['tenant', 'task', 'language'];
const GROUP_NAMES = ['release_id', ...DIMENSIONS, 'bucket'].join(', ');

/** Short ids that a query's releases and labels stand for. */
export interface UsageKeys {
  readonly releases: readonly number[];
  /** null: all segments. */
  readonly segments: readonly number[] | null;
  /** From where on minutes are kept, epoch milliseconds. */
  readonly minutesSinceMs: number;
}

/** The statements that answer a usage query, and the range that they cover. */
export function usageSql(query: UsageQuery, keys: UsageKeys): { readonly range: TimeRange; readonly sums: Statement; readonly pairs: Statement | null } {
  const time = query.groupBy?.time ?? null;
  const plan = planTime(widen(query, time, query.pairs ?? false), time === 'minute' ? 'minute' : 'hour', keys.minutesSinceMs);
  const { parameters, where, between } = conditions(query, keys.releases, keys.segments ?? [ALL_SEGMENTS]);
  const part = (table: string, sign: 1 | -1, range: TimeRange): string =>
    `SELECT ${sign} AS sign, * FROM signalbox.${table} WHERE ${where} AND ${between(range)}`;
  const parts = [
    ...(plan.hours ? [part('usage_hour', 1, plan.hours)] : []),
    ...plan.addMinutes.map((range) => part('usage_minute', 1, range)),
    ...plan.takeMinutes.map((range) => part('usage_minute', -1, range)),
  ];
  const group = grouping(query);
  // One pass: the scalars of a row are summed at its first cell only.
  const sql = `
    WITH cells AS (
      SELECT ${group.select}, u.layer, i,
        ${SUMS.map((name) => `sum(sign * u.${name}) FILTER (WHERE i = 1) AS ${name}`).join(', ')},
        max(cardinality(u.load)) FILTER (WHERE i = 1) AS experts, min(cardinality(u.load)) FILTER (WHERE i = 1) AS least_experts,
        max(cardinality(u.confidence)) FILTER (WHERE i = 1) AS bins,
        ${VECTORS.map((name) => `sum(sign * v.${name})::float8 AS ${name}`).join(', ')}
      FROM (${parts.join(' UNION ALL ')}) AS u ${group.joins},
        unnest(${VECTORS.map((name) => `u.${name}`).join(', ')}) WITH ORDINALITY AS v(${VECTORS.join(', ')}, i)
      GROUP BY 1, 2, 3, 4, 5, 6, i
    )
    SELECT ${GROUP_NAMES}, layer, ${SUMS.map((name) => `max(${name})::float8 AS ${name}`).join(', ')},
      max(experts) AS experts, max(least_experts) AS least_experts, max(bins) AS bins,
      ${VECTORS.map((name) => `array_agg(${name} ORDER BY i) AS ${name}`).join(', ')}
    FROM cells GROUP BY ${GROUP_NAMES}, layer HAVING max(requests) > 0 ORDER BY ${GROUP_NAMES}, layer`;
  return { range: plan.range, sums: { sql, parameters }, pairs: query.pairs ? pairsSql(query, keys, plan.range) : null };
}

/** Pairs are kept by segment only, so all segments are those that are not ALL_SEGMENTS. */
function pairsSql(query: UsageQuery, keys: UsageKeys, range: TimeRange): Statement {
  const { parameters, where, between } = conditions(query, keys.releases, keys.segments);
  const group = grouping(query);
  const sql = `
    WITH cells AS (
      SELECT ${group.select}, u.layer, i, sum(v)::float8 AS v
      FROM (SELECT * FROM signalbox.usage_pair_hour WHERE ${where} AND ${between(range)}) AS u ${group.joins},
        unnest(u.co_selection) WITH ORDINALITY AS pair(v, i)
      GROUP BY 1, 2, 3, 4, 5, 6, i
    )
    SELECT ${GROUP_NAMES}, layer, array_agg(v ORDER BY i) AS pairs FROM cells GROUP BY ${GROUP_NAMES}, layer`;
  return { sql, parameters };
}

function widen(range: TimeRange, time: 'minute' | 'hour' | 'day' | null, pairs: boolean): TimeRange {
  const step = time === 'day' ? DAY_MS : time === 'hour' ? HOUR_MS : pairs ? HOUR_MS : 1;
  return { fromMs: Math.floor(range.fromMs / step) * step, toMs: Math.ceil(range.toMs / step) * step };
}

/** Ids come as literal values, so that PostgreSQL plans with how many there are. */
function conditions(query: UsageQuery, releases: readonly number[], segments: readonly number[] | null) {
  const parameters: unknown[] = [];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const where = [
    `release = ANY(${bind(releases)}::int[])`,
    ...(segments === null ? [] : [`segment = ANY(${bind(segments)}::int[])`]),
    ...(query.layer === undefined || query.layer === null ? [] : [`layer = ${bind(query.layer)}`]),
  ].join(' AND ');
  const between = ({ fromMs, toMs }: TimeRange): string => `bucket >= ${bind(new Date(fromMs))} AND bucket < ${bind(new Date(toMs))}`;
  return { parameters, where, between };
}

function grouping({ groupBy }: UsageQuery): { readonly select: string; readonly joins: string } {
  const select = [
    groupBy?.release ? 'release.id AS release_id' : 'NULL::text AS release_id',
    ...DIMENSIONS.map((name) => (groupBy?.segment?.includes(name) ? `segment.${name}` : `NULL::text AS ${name}`)),
    groupBy?.time ? `date_trunc('${groupBy.time}', u.bucket, 'UTC') AS bucket` : 'NULL::timestamptz AS bucket',
  ].join(', ');
  const joins = [
    groupBy?.release ? 'JOIN signalbox.release ON release.number = u.release' : '',
    (groupBy?.segment?.length ?? 0) > 0 ? 'JOIN signalbox.segment ON segment.id = u.segment' : '',
  ].join(' ');
  return { select, joins };
}
