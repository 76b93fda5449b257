import { Inject, Injectable } from '@nestjs/common';
import { decodeTrace } from '#libs/trace/codec';
import { TraceFormatError } from '#libs/trace/limits';
import { type RoutingTrace, traceRows } from '#libs/trace/trace';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { MAX_COUNTED_REQUESTS } from '#libs/contract/management/traces';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { SealError } from '#libs/record/seal';
import { type TraceCursor, type TraceFilter, type TraceOrder } from '#libs/store/traces/trace-query';
import { type StoredTrace } from '#libs/store/traces/trace-reader';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, encodeCursor, isInstantMs, isUuid } from '../http/cursor.ts';
import { timeWindow } from '../routing/time-window.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { type NoTraceReason } from '#libs/contract/capture/request-record';
import { explainNoTrace } from '#libs/governance/capture-level/decide-capture';
import { whyMissing } from './missing-trace.ts';
import { TOKEN_TEXTS, type TokenTexts, TRACE_OPENER, TRACE_VAULT, type TraceOpener, type TraceVault } from './trace-vault.ts';
import { traceTokenIds, traceTokens } from './trace-view.ts';

type RequestBody = RouteOutput<typeof ROUTES.listTraces>['items'][number];

/** Lists recorded requests and opens single traces, each look on record. */
@Injectable()
export class TraceReports {
  constructor(
    @Inject(TRACE_VAULT) private readonly vault: TraceVault,
    @Inject(TRACE_OPENER) private readonly opener: TraceOpener,
    @Inject(TOKEN_TEXTS) private readonly tokenTexts: TokenTexts,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  async list({ cursor, limit, order, startAt, ...filter }: RouteInput<typeof ROUTES.listTraces>['query']): Promise<RouteOutput<typeof ROUTES.listTraces>> {
    const after = cursor === undefined ? startOf(order, startAt) : startAt === undefined ? cursorOf(cursor) : refuseStart('cursor');
    const { traces, next } = await this.vault.list({ ...this.#filterOf(filter), order, limit, ...(after === null ? {} : { after }) });
    return { items: traces.map(requestBody), nextCursor: next && encodeCursor([next.atMs, next.durationMs, next.requestId]) };
  }

  async count(filter: RouteInput<typeof ROUTES.countTraces>['query']): Promise<RouteOutput<typeof ROUTES.countTraces>> {
    const counted = await this.vault.count(this.#filterOf(filter), MAX_COUNTED_REQUESTS + 1);
    return { requests: Math.min(counted, MAX_COUNTED_REQUESTS), isExact: counted <= MAX_COUNTED_REQUESTS };
  }

  async find(requestId: string, caller: Principal): Promise<RouteOutput<typeof ROUTES.getRequest>> {
    return requestBody(this.#ofCaller(requestId, await this.vault.find(requestId), caller));
  }

  async open(requestId: string, offset: number, rows: number, caller: Principal): Promise<RouteOutput<typeof ROUTES.getTrace>> {
    const nowMs = this.settings.now();
    // The entry is committed before this returns: a look that is not on record gives nothing.
    const found = this.#ofCaller(requestId, await this.vault.look(requestId, auditOf(caller, nowMs, 'trace.read', `request/${requestId}`, { offset, rows })), caller);
    if (found.noTrace) throw notKept(found.noTrace);
    const trace = this.#unseal(requestId, found.sealedTrace);
    const total = traceRows(trace);
    const ids = traceTokenIds(trace, offset, rows);
    const texts = ids && (await this.tokenTexts.texts(found.releaseId, ids));
    return {
      request: requestBody(found),
      layers: trace.layers,
      experts: trace.experts,
      topK: trace.topK,
      totalRows: total,
      nextOffset: offset + rows < total ? offset + rows : null,
      tokens: traceTokens(trace, offset, rows, texts),
    };
  }

  #filterOf({ model, release: releaseId, status, tenant, task, language, minDurationMs, maxDurationMs, flag, rule: ruleId, from, to }: RouteInput<typeof ROUTES.countTraces>['query']): TraceFilter {
    return {
      ...timeWindow(from, to, this.settings.now()),
      ...given({ model, releaseId, status, minDurationMs, maxDurationMs, flag, ruleId }),
      segment: given({ tenant, task, language }),
    };
  }

  /** Another tenant's request is told apart from none by nothing. */
  #ofCaller<T extends StoredTrace>(requestId: string, found: T | null, caller: Principal): T {
    const { retentionDays } = this.settings;
    if (found && (caller.tenant === null || found.segment.tenant === caller.tenant)) return found;
    throw missing(whyMissing(requestId, this.settings.now(), retentionDays), retentionDays);
  }

  #unseal(requestId: string, sealedTrace: Uint8Array): RoutingTrace {
    try {
      return decodeTrace(this.opener.open(requestId, sealedTrace));
    } catch (error) {
      // Both kinds say what is wrong without giving anything of the trace or the key away.
      const why = error instanceof SealError || error instanceof TraceFormatError ? error.message : 'it is damaged';
      throw new ProblemError({ status: 500, code: 'trace_unreadable', title: 'The trace cannot be read', detail: `The trace is there, but ${why}.` }, { cause: error });
    }
  }
}

/** Without what was left out. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function cursorOf(cursor: string): TraceCursor | null {
  return decodeCursor(cursor, ([atMs, durationMs, requestId]): TraceCursor | null =>
    isInstantMs(atMs) && typeof durationMs === 'number' && Number.isSafeInteger(durationMs) && durationMs >= 0 && durationMs < 2 ** 31 && isUuid(requestId) ? { atMs, durationMs, requestId } : null,
  );
}

/** A time as a cursor: no request has these ids, so those at the time itself are on the side that the order wants. */
function startOf(order: TraceOrder, startAt: string | undefined): TraceCursor | null {
  if (startAt === undefined) return null;
  if (order !== 'newest' && order !== 'oldest') return refuseStart('order');
  return { atMs: Date.parse(startAt), durationMs: 0, requestId: '00000000-0000-0000-0000-000000000000' };
}

function refuseStart(beside: 'order' | 'cursor'): never {
  const remedy = beside === 'order' ? 'set the order to newest or oldest, or leave startAt out' : 'leave it out once there is a cursor';
  throw new ProblemError({ status: 400, code: 'start_not_possible', title: 'The list cannot start at a time', detail: `Query field startAt: ${remedy}.`, field: 'startAt' });
}

function requestBody(trace: StoredTrace): RequestBody {
  const { requestId, model, releaseId, segment, status, promptTokens, completionTokens, routedTokens, queueWaitMs, timeToFirstTokenMs, durationMs, flags } = trace;
  const at = new Date(trace.atMs).toISOString();
  return { requestId, at, model, releaseId, segment, status, promptTokens, completionTokens, routedTokens, queueWaitMs, timeToFirstTokenMs, durationMs, flags: flags && [...flags], isPinned: trace.pinned === true, degraded: degradedBody(trace), answerCheck: trace.answerCheck ?? null, dataRules: rulesBody(trace) };
}

function degradedBody({ degraded }: StoredTrace): RequestBody['degraded'] {
  return degraded ? { path: degraded.path, askedModel: degraded.path === 'dense' ? degraded.askedModel : null } : null;
}

function rulesBody({ rules }: StoredTrace): RequestBody['dataRules'] {
  if (!rules) return null;
  const { digest, generation, maskedExperts, ruleIds, labels } = rules;
  return { digest, generation, maskedExperts, rules: [...ruleIds], labels: { ...labels } };
}

function notKept(why: NoTraceReason): ProblemError {
  return new ProblemError({
    status: 404,
    code: 'trace_not_recorded',
    title: 'The trace was not recorded',
    detail: `The request is recorded without its trace, because ${explainNoTrace(why)}. Its usage is counted in the sums.`,
  });
}

function missing(why: 'expired' | 'unknown', retentionDays: number): ProblemError {
  if (why === 'expired') {
    return new ProblemError({
      status: 410,
      code: 'trace_expired',
      title: 'The trace was deleted',
      detail: `Traces are kept for ${retentionDays} days; this request is older. Usage by minute and hour is still there.`,
    });
  }
  return new ProblemError({
    status: 404,
    code: 'trace_not_found',
    title: 'No such trace',
    detail: 'No request with this id is recorded. Traces appear a few seconds after the answer; the id is in its x-request-id header.',
  });
}
