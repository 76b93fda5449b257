import { CONFIDENCE_BINS } from '#libs/trace/usage';
import { ALL_SEGMENTS } from '../capture/segments.ts';
import { HOUR_MS } from './roll-up.ts';
import { planTime, type TimeRange } from './time-plan.ts';
import { type UsageQuery } from './usage-query.ts';

/** Where a row belongs: a release's number and a part (see UsageKeys), 0 where the query groups by neither. */
export interface GroupColumns {
  release: number;
  part: number;
  bucket: Date | null;
  layer: number;
}

/** Sums are below 2^53, so float8 holds them exactly. */
export interface SumsRow extends GroupColumns {
  /** -1 for minutes that are taken off again. */
  sign: 1 | -1;
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
  load: number[];
  gate_mass: number[];
  cross_load: number[];
  confidence: number[];
}

/** A row of usage_pair_hour. */
export interface PairsRow {
  readonly bucket: Date;
  readonly release: number;
  readonly segment: number;
  readonly pairs: Buffer;
}

/** A row of usage_recent; `pairs` only where the query wants them. */
export interface RecentRow {
  readonly bucket: Date;
  readonly release: number;
  readonly segment: number;
  readonly usage: Buffer;
  readonly pairs: Buffer | null;
}

export interface Statement {
  readonly sql: string;
  readonly parameters: unknown[];
}

export interface UsageStatements {
  /** The range that they cover. */
  readonly range: TimeRange;
  readonly sums: Statement;
  readonly pairs: Statement | null;
  /** What is not folded yet. */
  readonly recent: Statement;
}

const DAY_MS = 24 * HOUR_MS;
const SUMS = ['requests', 'tokens', 'dropped_selections', 'dropped', 'rerouted', 'masked', 'fallback', 'sum_squares_cells', 'sum_squares_requests'];
const EXPERT_VECTORS = ['load', 'gate_mass', 'cross_load'];
const VECTORS = [...EXPERT_VECTORS, 'confidence'];
/** From about this many experts on PostgreSQL keeps the vectors of a row compressed. */
const COMPRESSED_ABOVE_EXPERTS = 64;

/** Short ids that a query's releases and labels stand for. */
export interface UsageKeys {
  readonly releases: readonly number[];
  /** Most experts that a layer of one of them has. */
  readonly experts: number;
  /** null: all segments. */
  readonly segments: readonly number[] | null;
  /** Number of the group that each of `segments` belongs to; null where the query does not group by labels. */
  readonly parts: readonly number[] | null;
  /** From where on minutes are kept, epoch milliseconds. */
  readonly minutesSinceMs: number;
}

/** The statements that answer a usage query. They must see one snapshot. */
export function usageSql(query: UsageQuery, keys: UsageKeys): UsageStatements {
  const time = query.groupBy?.time ?? null;
  const plan = planTime(widen(query, time, query.pairs ?? false), time === 'minute' ? 'minute' : 'hour', keys.minutesSinceMs);
  const ranges: readonly Part[] = [
    ...(plan.hours ? [{ table: 'usage_hour', sign: 1, range: plan.hours } as const] : []),
    ...plan.addMinutes.map((range) => ({ table: 'usage_minute', sign: 1, range }) as const),
    ...plan.takeMinutes.map((range) => ({ table: 'usage_minute', sign: -1, range }) as const),
  ];
  // In the roll-ups a row of its own sums all segments; packed usage has none.
  const summed = { ...keys, segments: keys.segments ?? [ALL_SEGMENTS] };
  return {
    range: plan.range,
    sums: sumsSql(query, summed, ranges),
    pairs: query.pairs ? packedSql('usage_pair_hour', 'pairs', query, keys, plan.range) : null,
    recent: packedSql('usage_recent', `usage, ${query.pairs ? 'pairs' : 'NULL AS pairs'}`, query, keys, plan.range),
  };
}

interface Part {
  readonly table: string;
  readonly sign: 1 | -1;
  readonly range: TimeRange;
}

/** Sums cell by cell by position: to unnest the vectors and group their cells takes several times longer. */
function sumsSql(query: UsageQuery, keys: UsageKeys, parts: readonly Part[]): Statement {
  const { parameters, from, select } = source(query, keys, parts);
  const sum = (cell: string): string => `sum(u.${cell})::float8`;
  const vector = (name: string, cells: number): string => `ARRAY[${Array.from({ length: cells }, (_, i) => sum(`${name}[${i + 1}]`)).join(', ')}]::float8[] AS ${name}`;
  const sql = `
    SELECT ${select}, u.layer, u.sign, ${SUMS.map((name) => `${sum(name)} AS ${name}`).join(', ')},
      max(cardinality(u.load)) AS experts, min(cardinality(u.load)) AS least_experts,
      ${EXPERT_VECTORS.map((name) => vector(name, keys.experts)).join(', ')}, ${vector('confidence', CONFIDENCE_BINS)}
    FROM ${from} GROUP BY 1, 2, 3, 4, 5`;
  return { sql, parameters };
}

/** Rows that hold all layers packed; they are summed by the reader. */
function packedSql(table: string, columns: string, query: UsageQuery, keys: UsageKeys, range: TimeRange): Statement {
  const { parameters, where, between } = conditions({ ...query, layer: null }, keys);
  return { sql: `SELECT bucket, release, segment, ${columns} FROM signalbox.${table} WHERE ${where} AND ${between(range)}`, parameters };
}

/** The rows `u` of these parts, and what they are grouped by. Groups are numbers: labels would be slower to compare. */
function source(query: UsageQuery, keys: UsageKeys, parts: readonly Part[]) {
  const { parameters, bind, where, between } = conditions(query, keys);
  const rows = parts.map(({ table, sign, range }) => `(SELECT ${sign} AS sign, ${columnsOf(keys.experts)} FROM signalbox.${table} WHERE ${where} AND ${between(range)}${keys.experts > COMPRESSED_ABOVE_EXPERTS ? ' OFFSET 0' : ''})`);
  const join = keys.parts === null ? '' : `JOIN unnest(${bind(keys.segments)}::int[], ${bind(keys.parts)}::int[]) AS label(segment, part) USING (segment)`;
  const { groupBy } = query;
  const select = [
    groupBy?.release ? 'u.release' : '0 AS release',
    keys.parts === null ? '0 AS part' : 'label.part',
    groupBy?.time ? `date_trunc('${groupBy.time}', u.bucket, 'UTC') AS bucket` : 'NULL::timestamptz AS bucket',
  ].join(', ');
  return { parameters, from: `(${rows.join(' UNION ALL ')}) AS u ${join}`, select };
}

/**
 * Each cell that is read of a compressed vector decompresses all of it, so wide ones are decompressed once for
 * all cells: appending nothing does that, and OFFSET keeps it from being put into each sum.
 */
function columnsOf(experts: number): string {
  if (experts <= COMPRESSED_ABOVE_EXPERTS) return '*';
  return `release, segment, bucket, layer, ${SUMS.join(', ')}, ${VECTORS.map((name) => `${name} || '{}'::bigint[] AS ${name}`).join(', ')}`;
}

function widen(range: TimeRange, time: 'minute' | 'hour' | 'day' | null, pairs: boolean): TimeRange {
  const step = time === 'day' ? DAY_MS : time === 'hour' ? HOUR_MS : pairs ? HOUR_MS : 1;
  return { fromMs: Math.floor(range.fromMs / step) * step, toMs: Math.ceil(range.toMs / step) * step };
}

/** Ids come as literal values, so that PostgreSQL plans with how many there are. */
function conditions(query: UsageQuery, { releases, segments }: UsageKeys) {
  const parameters: unknown[] = [];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const where = [
    `release = ANY(${bind(releases)}::int[])`,
    ...(segments === null ? [] : [`segment = ANY(${bind(segments)}::int[])`]),
    ...(query.layer === undefined || query.layer === null ? [] : [`layer = ${bind(query.layer)}`]),
  ].join(' AND ');
  const between = ({ fromMs, toMs }: TimeRange): string => `bucket >= ${bind(new Date(fromMs))} AND bucket < ${bind(new Date(toMs))}`;
  return { parameters, bind, where, between };
}
