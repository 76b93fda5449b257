import { type DataSource, type EntityManager } from 'typeorm';
import { type AppliedRules, type RequestRecord, type Segment } from '#libs/contract/capture/request-record';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import { STATUSES } from '../capture/trace-rows.ts';

export interface StoredAppliedRules extends AppliedRules {
  /** null where the rule set is not in this database. */
  readonly generation: number | null;
}

/** What is kept of a request besides the trace itself. */
export interface StoredTrace extends Omit<RequestRecord, 'traceparent' | 'rules'> {
  readonly routedTokens: number;
  /** Data rules that held for it; left out where the model had none. */
  readonly rules?: StoredAppliedRules;
  /** Size of the sealed trace. */
  readonly sizeBytes: number;
}

export interface StoredTraceWithBytes extends StoredTrace {
  readonly sealedTrace: Uint8Array;
}

/** Where a page ends; the next one starts behind it. */
export interface TraceCursor {
  readonly atMs: number;
  readonly requestId: string;
}

export interface TraceQuery {
  readonly fromMs: number;
  readonly toMs: number;
  readonly model?: string;
  readonly releaseId?: string;
  readonly status?: RequestRecord['status'];
  readonly segment?: Partial<Segment>;
  readonly after?: TraceCursor;
  /** At most 1000. */
  readonly limit: number;
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
}

const COLUMNS = `t.request_id, t.at, release.model, release.id AS release_id, segment.tenant, segment.task, segment.language,
  t.status, t.prompt_tokens, t.completion_tokens, t.routed_tokens, t.queue_ms, t.ttft_ms, t.duration_ms,
  octet_length(t.trace) AS size_bytes, t.masked_experts, t.rules_digest, t.rules_applied,
  (SELECT generation FROM signalbox.data_rule_set WHERE digest = encode(t.rules_digest, 'hex')) AS rules_generation`;
const SOURCE = `signalbox.trace AS t JOIN signalbox.release ON release.number = t.release JOIN signalbox.segment ON segment.id = t.segment`;
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

  /** Newest first. @throws RangeError for a limit outside 1 to 1000 */
  async list(query: TraceQuery): Promise<TracePage> {
    if (!(query.limit >= 1 && query.limit <= 1000)) throw new RangeError(`limit is ${query.limit}; it must be from 1 to 1000`);
    const parameters: unknown[] = [];
    const bind = (value: unknown): string => `$${parameters.push(value)}`;
    const conditions = [`t.at >= ${bind(new Date(query.fromMs))}`, `t.at < ${bind(new Date(query.toMs))}`];
    if (query.model !== undefined) conditions.push(`release.model = ${bind(query.model)}`);
    if (query.releaseId !== undefined) conditions.push(`release.id = ${bind(query.releaseId)}`);
    if (query.status !== undefined) conditions.push(`t.status = ${bind(STATUSES.indexOf(query.status))}`);
    for (const name of ['tenant', 'task', 'language'] as const) {
      const label = query.segment?.[name];
      if (label !== undefined) conditions.push(`segment.${name} = ${bind(label)}`);
    }
    if (query.after) {
      const at = bind(new Date(query.after.atMs));
      // The first condition alone can use the index on time.
      conditions.push(`t.at <= ${at}`, `(t.at, t.request_id) < (${at}::timestamptz, ${bind(query.after.requestId)}::uuid)`);
    }
    const rows: Row[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM ${SOURCE} WHERE ${conditions.join(' AND ')}
       ORDER BY t.at DESC, t.request_id DESC LIMIT ${bind(query.limit + 1)}`,
      parameters,
    );
    const traces = rows.slice(0, query.limit).map(toTrace);
    const last = traces.at(-1);
    return { traces, next: rows.length > query.limit && last ? { atMs: last.atMs, requestId: last.requestId } : null };
  }
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
    sizeBytes: row.size_bytes,
    ...(row.rules_digest && { rules: appliedRules(row.rules_digest, row) }),
  };
}

function appliedRules(digest: Buffer, { masked_experts, rules_applied, rules_generation }: Row): StoredAppliedRules {
  const { rules, ...labels } = JSON.parse(rules_applied ?? '{}') as { rules?: readonly string[]; region: string; dataClass: string; licence: string };
  return { digest: digest.toString('hex'), generation: rules_generation, maskedExperts: masked_experts ?? 0, ruleIds: rules ?? [], labels };
}
