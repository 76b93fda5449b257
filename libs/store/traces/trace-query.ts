import { type RequestRecord, type Segment } from '#libs/contract/capture/request-record';
import { DECISION_FLAGS, type DecisionFlag } from '#libs/trace/trace';
import { STATUSES } from '../capture/trace-rows.ts';

export type TraceOrder = 'newest' | 'oldest' | 'slowest' | 'fastest';

/** Where a page ends; the next one starts behind it. */
export interface TraceCursor {
  readonly atMs: number;
  readonly durationMs: number;
  readonly requestId: string;
}

/** Which requests. */
export interface TraceFilter {
  readonly fromMs: number;
  readonly toMs: number;
  readonly model?: string;
  readonly releaseId?: string;
  readonly status?: RequestRecord['status'];
  readonly segment?: Partial<Segment>;
  /** Whole milliseconds, inclusive. */
  readonly minDurationMs?: number;
  readonly maxDurationMs?: number;
  /** At least one decision with this flag, or with any, or with none. Requests whose flags are not known match nothing. */
  readonly flag?: DecisionFlag | 'any' | 'none';
  /** A data rule that masked experts for it. */
  readonly ruleId?: string;
}

export interface TraceQuery extends TraceFilter {
  readonly order: TraceOrder;
  readonly after?: TraceCursor;
  /** At most 1000. */
  readonly limit: number;
}

interface Sort {
  readonly columns: readonly (readonly [string, keyof TraceCursor, string])[];
  readonly direction: 'ASC' | 'DESC';
}

const BY_TIME: Sort['columns'] = [['t.at', 'atMs', 'timestamptz'], ['t.request_id', 'requestId', 'uuid']];
const BY_DURATION: Sort['columns'] = [['t.duration_ms', 'durationMs', 'int'], ...BY_TIME];
const SORTS: Readonly<Record<TraceOrder, Sort>> = {
  newest: { columns: BY_TIME, direction: 'DESC' },
  oldest: { columns: BY_TIME, direction: 'ASC' },
  slowest: { columns: BY_DURATION, direction: 'DESC' },
  fastest: { columns: BY_DURATION, direction: 'ASC' },
};

export type Bind = (value: unknown) => string;

/** Conditions on `signalbox.trace AS t` alone, so that an index gives the order and the joins see one page of rows. */
export function whereOf(filter: TraceFilter, bind: Bind): string[] {
  const { model, releaseId, status, minDurationMs, maxDurationMs, flag, ruleId } = filter;
  const conditions = [`t.at >= ${bind(new Date(filter.fromMs))}`, `t.at < ${bind(new Date(filter.toMs))}`];
  if (model !== undefined) conditions.push(`t.release = ANY(ARRAY(SELECT number FROM signalbox.release WHERE model = ${bind(model)}))`);
  if (releaseId !== undefined) conditions.push(`t.release = (SELECT number FROM signalbox.release WHERE id = ${bind(releaseId)})`);
  if (status !== undefined) conditions.push(`t.status = ${bind(STATUSES.indexOf(status))}`);
  const labels = (['tenant', 'task', 'language'] as const).flatMap((name) => {
    const label = filter.segment?.[name];
    return label === undefined ? [] : [`${name} = ${bind(label)}`];
  });
  if (labels.length > 0) conditions.push(`t.segment = ANY(ARRAY(SELECT id FROM signalbox.segment WHERE ${labels.join(' AND ')}))`);
  if (minDurationMs !== undefined) conditions.push(`t.duration_ms >= ${bind(minDurationMs)}`);
  if (maxDurationMs !== undefined) conditions.push(`t.duration_ms <= ${bind(maxDurationMs)}`);
  // The first half lets PostgreSQL use the index of flagged requests.
  if (flag !== undefined) conditions.push(flag === 'none' ? 't.flags = 0' : flag === 'any' ? 't.flags <> 0' : `t.flags <> 0 AND t.flags & ${DECISION_FLAGS[flag]} <> 0`);
  if (ruleId !== undefined) conditions.push(`t.masked_experts > 0 AND jsonb_exists(t.rules_applied::jsonb -> 'rules', ${bind(ruleId)})`);
  return conditions;
}

/** What comes behind a cursor. The first condition alone can use an index. */
export function behind(order: TraceOrder, cursor: TraceCursor, bind: Bind): string[] {
  const { columns, direction } = SORTS[order];
  const sign = direction === 'DESC' ? '<' : '>';
  const values = columns.map(([, part, type]) => `${bind(part === 'atMs' ? new Date(cursor.atMs) : cursor[part])}::${type}`);
  return [`${columns[0]![0]} ${sign}= ${values[0]}`, `(${columns.map(([column]) => column).join(', ')}) ${sign} (${values.join(', ')})`];
}

export function orderBy(order: TraceOrder): string {
  const { columns, direction } = SORTS[order];
  return columns.map(([column]) => `${column} ${direction}`).join(', ');
}
