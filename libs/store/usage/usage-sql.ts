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

interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

const DAY_MS = 24 * HOUR_MS;
const SUMS = ['requests', 'tokens', 'dropped_selections', 'dropped', 'rerouted', 'masked', 'fallback', 'sum_squares_cells', 'sum_squares_requests'];
const VECTORS = ['load', 'gate_mass', 'cross_load', 'confidence'];
const DIMENSIONS: readonly SegmentDimension[] = ['tenant', 'task', 'language'];

/** The statements that answer a usage query, and the range that they cover. */
export function usageSql(query: UsageQuery): { readonly range: TimeRange; readonly sql: string; readonly parameters: unknown[]; readonly pairs: Statement | null } {
  const time = query.groupBy?.time ?? null;
  const plan = planTime(widen(query, time, query.pairs ?? false), time === 'minute' ? 'minute' : 'hour');
  const parameters: unknown[] = [];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const where = conditions(query, bind);
  const between = ({ fromMs, toMs }: TimeRange): string =>
    `bucket >= ${bind(new Date(fromMs))} AND bucket < ${bind(new Date(toMs))}`;
  const parts = [
    ...(plan.hours ? [`SELECT * FROM signalbox.usage_hour AS u WHERE ${where} AND ${between(plan.hours)}`] : []),
    ...plan.minutes.map((range) => `SELECT * FROM signalbox.usage_minute AS u WHERE ${where} AND ${between(range)}`),
  ];
  const group = grouping(query);
  const sql = `
    WITH picked AS (
      SELECT ${group.select}, u.layer, ${[...SUMS, ...VECTORS].join(', ')}
      FROM (${parts.join(' UNION ALL ')}) AS u ${group.joins}
    ), sums AS (
      SELECT ${group.names}, layer, ${SUMS.map((name) => `sum(${name})::float8 AS ${name}`).join(', ')},
        max(cardinality(load)) AS experts, min(cardinality(load)) AS least_experts, max(cardinality(confidence)) AS bins
      FROM picked GROUP BY ${group.names}, layer
    ), cells AS (
      SELECT ${group.names}, layer, i, ${VECTORS.map((name) => `sum(v.${name})::float8 AS ${name}`).join(', ')}
      FROM picked, unnest(${VECTORS.map((name) => `picked.${name}`).join(', ')}) WITH ORDINALITY AS v(${VECTORS.join(', ')}, i)
      GROUP BY ${group.names}, layer, i
    ), vectors AS (
      SELECT ${group.names}, layer, ${VECTORS.map((name) => `array_agg(${name} ORDER BY i) AS ${name}`).join(', ')}
      FROM cells GROUP BY ${group.names}, layer
    )
    SELECT sums.*, ${VECTORS.map((name) => `vectors.${name}`).join(', ')}
    FROM sums JOIN vectors ON ${group.keys.map((key) => `sums.${key} IS NOT DISTINCT FROM vectors.${key}`).join(' AND ')} AND sums.layer = vectors.layer
    ORDER BY ${group.names}, layer`;
  return { range: plan.range, sql, parameters, pairs: query.pairs ? pairsSql(query, plan.range) : null };
}

function pairsSql(query: UsageQuery, range: TimeRange): Statement {
  const parameters: unknown[] = [];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const group = grouping(query);
  // Pairs are kept by segment only; the row of all segments does not exist.
  const where = conditions({ ...query, segment: query.segment ?? {} }, bind, 'segments');
  const sql = `
    WITH cells AS (
      SELECT ${group.select}, u.layer, i, sum(v)::float8 AS v
      FROM signalbox.usage_pair_hour AS u ${group.joins}, unnest(u.co_selection) WITH ORDINALITY AS pair(v, i)
      WHERE ${where} AND u.bucket >= ${bind(new Date(range.fromMs))} AND u.bucket < ${bind(new Date(range.toMs))}
      GROUP BY 1, 2, 3, 4, 5, 6, i
    )
    SELECT ${group.names}, layer, array_agg(v ORDER BY i) AS pairs FROM cells GROUP BY ${group.names}, layer`;
  return { sql, parameters };
}

function widen(range: TimeRange, time: 'minute' | 'hour' | 'day' | null, pairs: boolean): TimeRange {
  const step = time === 'day' ? DAY_MS : time === 'hour' ? HOUR_MS : pairs ? HOUR_MS : 1;
  return { fromMs: Math.floor(range.fromMs / step) * step, toMs: Math.ceil(range.toMs / step) * step };
}

function conditions(query: UsageQuery, bind: (value: unknown) => string, rows: 'all' | 'segments' = 'all'): string {
  const releases =
    'model' in query.of
      ? `u.release = ANY(ARRAY(SELECT number FROM signalbox.release WHERE model = ${bind(query.of.model)}))`
      : `u.release = ANY(ARRAY(SELECT number FROM signalbox.release WHERE id = ANY(${bind(query.of.releaseIds)}::text[])))`;
  const labelled = DIMENSIONS.filter((name) => query.segment?.[name] !== undefined);
  const bySegment = rows === 'segments' || labelled.length > 0 || (query.groupBy?.segment?.length ?? 0) > 0;
  const matching = labelled.map((name) => ` AND ${name} = ${bind(query.segment?.[name])}`).join('');
  const segments = bySegment
    ? `u.segment = ANY(ARRAY(SELECT id FROM signalbox.segment WHERE id <> ${ALL_SEGMENTS}${matching}))`
    : `u.segment = ${ALL_SEGMENTS}`;
  const layer = query.layer === undefined || query.layer === null ? '' : ` AND u.layer = ${bind(query.layer)}`;
  return `${releases} AND ${segments}${layer}`;
}

function grouping({ groupBy }: UsageQuery): { readonly select: string; readonly joins: string; readonly names: string; readonly keys: readonly string[] } {
  const keys = ['release_id', ...DIMENSIONS, 'bucket'];
  const bySegment = (groupBy?.segment?.length ?? 0) > 0;
  const select = [
    groupBy?.release ? 'release.id AS release_id' : 'NULL::text AS release_id',
    ...DIMENSIONS.map((name) => (groupBy?.segment?.includes(name) ? `segment.${name}` : `NULL::text AS ${name}`)),
    groupBy?.time ? `date_trunc('${groupBy.time}', u.bucket, 'UTC') AS bucket` : 'NULL::timestamptz AS bucket',
  ].join(', ');
  const joins = [
    groupBy?.release ? 'JOIN signalbox.release ON release.number = u.release' : '',
    bySegment ? 'JOIN signalbox.segment ON segment.id = u.segment' : '',
  ].join(' ');
  return { select, joins, names: keys.join(', '), keys };
}
