import { type DataSource, type EntityManager } from 'typeorm';
import { ANSWER_RESULTS, type AnswerResult, type AppliedRules, NO_TRACE_REASONS, type NoTraceReason, type RequestRecord, type Segment } from '#libs/contract/capture/request-record';
import { type DecisionFlag, flagNames } from '#libs/trace/trace';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import { STATUSES } from '../capture/trace-rows.ts';
import { behind, type Bind, orderBy, type TraceCursor, type TraceFilter, type TraceQuery, whereOf } from './trace-query.ts';

export interface StoredAppliedRules extends AppliedRules {
  /** null where the rule set is not in this database. */
  readonly generation: number | null;
}

/** What is kept of a request besides the trace itself. */
export interface StoredTrace extends Omit<RequestRecord, 'traceparent' | 'rules'> {
  readonly routedTokens: number;
  /** Data rules that held for it; left out where the model had none. */
  readonly rules?: StoredAppliedRules;
  /** Flags that any of its decisions carries; null where the version that wrote it did not say. */
  readonly flags: readonly DecisionFlag[] | null;
  /** Size of the sealed trace. */
  readonly sizeBytes: number;
}

export interface StoredTraceWithBytes extends StoredTrace {
  readonly sealedTrace: Uint8Array;
}

export interface TracePage {
  readonly traces: readonly StoredTrace[];
  /** null on the last page. */
  readonly next: TraceCursor | null;
}

interface Row extends Segment {
  request_id: string;
  at: Date;
  model: string;
  release_id: string;
  status: number;
  prompt_tokens: number;
  completion_tokens: number;
  routed_tokens: number;
  queue_ms: number;
  ttft_ms: number | null;
  duration_ms: number;
  size_bytes: number;
  masked_experts: number | null;
  rules_digest: Buffer | null;
  rules_applied: string | null;
  rules_generation: number | null;
  flags: number | null;
  pinned: boolean | null;
  degraded: string | null;
  asked_model: string | null;
  answer_check: string | null;
  no_trace: string | null;
}

const COLUMNS = `t.request_id, t.at, release.model, release.id AS release_id, segment.tenant, segment.task, segment.language,
  t.status, t.prompt_tokens, t.completion_tokens, t.routed_tokens, t.queue_ms, t.ttft_ms, t.duration_ms,
  octet_length(t.trace) AS size_bytes, t.masked_experts, t.rules_digest, t.rules_applied, t.flags, t.pinned, t.degraded, t.asked_model, t.answer_check, t.no_trace,
  (SELECT generation FROM signalbox.data_rule_set WHERE digest = encode(t.rules_digest, 'hex')) AS rules_generation`;
const JOINS = `JOIN signalbox.release ON release.number = t.release JOIN signalbox.segment ON segment.id = t.segment`;
const SOURCE = `signalbox.trace AS t ${JOINS}`;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Reads traces as they are kept: sealed. */
export class TraceReader {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Reads one trace and notes who looked, in one transaction: no look without its entry. The entry stays
   * when there is no such trace.
   */
  async look(requestId: string, audit: AuditEntry): Promise<StoredTraceWithBytes | null> {
    return this.dataSource.transaction(async (manager) => {
      const found = await byRequestId(manager, requestId);
      await appendAudit(manager, audit);
      return found;
    });
  }

  /**
   * Reads the newest requests that match and have a trace, and notes who looked, in one transaction.
   * @throws RangeError for a limit outside 1 to 1000
   */
  async lookAtNewest(filter: TraceFilter, limit: number, audit: AuditEntry): Promise<readonly StoredTraceWithBytes[]> {
    if (!(limit >= 1 && limit <= 1000)) throw new RangeError(`limit is ${limit}; it must be from 1 to 1000`);
    return this.dataSource.transaction(async (manager) => {
      const { bind, parameters } = binder();
      const conditions = [...whereOf(filter, bind), 't.no_trace IS NULL'];
      const rows = await manager.query<(Row & { trace: Buffer })[]>(
        `SELECT ${COLUMNS}, t.trace FROM (
           SELECT * FROM signalbox.trace AS t WHERE ${conditions.join(' AND ')} ORDER BY ${orderBy('newest')} LIMIT ${bind(limit)}
         ) AS t ${JOINS} ORDER BY ${orderBy('newest')}`,
        parameters,
      );
      await appendAudit(manager, audit);
      return rows.map((row) => ({ ...toTrace(row), sealedTrace: row.trace }));
    });
  }

  /** What is known of a request besides its trace. No look at the trace, so it leaves no entry. */
  async find(requestId: string): Promise<StoredTrace | null> {
    if (!UUID.test(requestId)) return null;
    const rows: Row[] = await this.dataSource.query(`SELECT ${COLUMNS} FROM ${SOURCE} WHERE t.request_id = $1 LIMIT 1`, [requestId]);
    return rows[0] ? toTrace(rows[0]) : null;
  }

  /** @throws RangeError for a limit outside 1 to 1000 */
  async list({ order, after, limit, ...filter }: TraceQuery): Promise<TracePage> {
    if (!(limit >= 1 && limit <= 1000)) throw new RangeError(`limit is ${limit}; it must be from 1 to 1000`);
    const { bind, parameters } = binder();
    const conditions = [...whereOf(filter, bind), ...(after ? behind(order, after, bind) : [])];
    const rows: Row[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM (
         SELECT * FROM signalbox.trace AS t WHERE ${conditions.join(' AND ')} ORDER BY ${orderBy(order)} LIMIT ${bind(limit + 1)}
       ) AS t ${JOINS} ORDER BY ${orderBy(order)}`,
      parameters,
    );
    const traces = rows.slice(0, limit).map(toTrace);
    const last = traces.at(-1);
    return { traces, next: rows.length > limit && last ? { atMs: last.atMs, durationMs: last.durationMs, requestId: last.requestId } : null };
  }

  /** How many there are, counted up to `bound`. */
  async count(filter: TraceFilter, bound: number): Promise<number> {
    const { bind, parameters } = binder();
    const rows: { requests: number }[] = await this.dataSource.query(
      `SELECT count(*)::int AS requests FROM (SELECT 1 FROM signalbox.trace AS t WHERE ${whereOf(filter, bind).join(' AND ')} LIMIT ${bind(bound)}) AS counted`,
      parameters,
    );
    return rows[0]?.requests ?? 0;
  }
}

function binder(): { readonly bind: Bind; readonly parameters: unknown[] } {
  const parameters: unknown[] = [];
  return { parameters, bind: (value) => `$${parameters.push(value)}` };
}

async function byRequestId(manager: EntityManager, requestId: string): Promise<StoredTraceWithBytes | null> {
  if (!UUID.test(requestId)) return null;
  const rows: (Row & { trace: Buffer })[] = await manager.query(
    `SELECT ${COLUMNS}, t.trace FROM ${SOURCE} WHERE t.request_id = $1 LIMIT 1`,
    [requestId],
  );
  const row = rows[0];
  return row ? { ...toTrace(row), sealedTrace: row.trace } : null;
}

function toTrace(row: Row): StoredTrace {
  return {
    requestId: row.request_id,
    atMs: row.at.getTime(),
    model: row.model,
    releaseId: row.release_id,
    segment: { tenant: row.tenant, task: row.task, language: row.language },
    status: STATUSES[row.status] ?? 'failed',
    promptTokens: row.prompt_tokens,
    completionTokens: row.completion_tokens,
    routedTokens: row.routed_tokens,
    queueWaitMs: row.queue_ms,
    timeToFirstTokenMs: row.ttft_ms,
    durationMs: row.duration_ms,
    flags: row.flags === null ? null : flagNames(row.flags),
    sizeBytes: row.size_bytes,
    ...(row.pinned === true && { pinned: true as const }),
    ...(row.degraded === 'dense' && { degraded: { path: 'dense' as const, askedModel: row.asked_model ?? '' } }),
    ...(row.degraded === 'generalist' && { degraded: { path: 'generalist' as const } }),
    ...(isNoTraceReason(row.no_trace) && { noTrace: row.no_trace }),
    ...(isAnswerResult(row.answer_check) && { answerCheck: row.answer_check }),
    ...(row.rules_digest && { rules: appliedRules(row.rules_digest, row) }),
  };
}

function isNoTraceReason(value: string | null): value is NoTraceReason {
  return (NO_TRACE_REASONS as readonly (string | null)[]).includes(value);
}

function isAnswerResult(value: string | null): value is AnswerResult {
  return (ANSWER_RESULTS as readonly (string | null)[]).includes(value);
}

function appliedRules(digest: Buffer, { masked_experts, rules_applied, rules_generation }: Row): StoredAppliedRules {
  const { rules, ...labels } = JSON.parse(rules_applied ?? '{}') as { rules?: readonly string[]; region: string; dataClass: string; licence: string };
  return { digest: digest.toString('hex'), generation: rules_generation, maskedExperts: masked_experts ?? 0, ruleIds: rules ?? [], labels };
}
