import { Inject, Injectable } from '@nestjs/common';
import { decodeTrace } from '#libs/trace/codec';
import { TraceFormatError } from '#libs/trace/limits';
import { type RoutingTrace, traceRows } from '#libs/trace/trace';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { SealError } from '#libs/record/seal';
import { type StoredTrace, type TraceCursor } from '#libs/store/traces/trace-reader';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, encodeCursor } from '../http/cursor.ts';
import { timeWindow } from '../routing/time-window.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { whyMissing } from './missing-trace.ts';
import { TOKEN_TEXTS, type TokenTexts, TRACE_OPENER, TRACE_VAULT, type TraceOpener, type TraceVault } from './trace-vault.ts';
import { traceTokenIds, traceTokens } from './trace-view.ts';

type RequestBody = RouteOutput<typeof ROUTES.listTraces>['items'][number];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Lists recorded requests and opens single traces, each look on record. */
@Injectable()
export class TraceReports {
  constructor(
    @Inject(TRACE_VAULT) private readonly vault: TraceVault,
    @Inject(TRACE_OPENER) private readonly opener: TraceOpener,
    @Inject(TOKEN_TEXTS) private readonly tokenTexts: TokenTexts,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  async list({ cursor, limit, ...query }: RouteInput<typeof ROUTES.listTraces>['query']): Promise<RouteOutput<typeof ROUTES.listTraces>> {
    const after = decodeCursor(cursor, ([atMs, requestId]): TraceCursor | null =>
      typeof atMs === 'number' && typeof requestId === 'string' && UUID.test(requestId) ? { atMs, requestId } : null,
    );
    const { model, release: releaseId, status, tenant, task, language } = query;
    const { traces, next } = await this.vault.list({
      ...timeWindow(query.from, query.to, this.settings.now()),
      ...(model === undefined ? {} : { model }),
      ...(releaseId === undefined ? {} : { releaseId }),
      ...(status === undefined ? {} : { status }),
      ...(after === null ? {} : { after }),
      segment: {
        ...(tenant === undefined ? {} : { tenant }),
        ...(task === undefined ? {} : { task }),
        ...(language === undefined ? {} : { language }),
      },
      limit,
    });
    return { items: traces.map(requestBody), nextCursor: next && encodeCursor([next.atMs, next.requestId]) };
  }

  async open(requestId: string, offset: number, rows: number, caller: Principal): Promise<RouteOutput<typeof ROUTES.getTrace>> {
    const nowMs = this.settings.now();
    // The entry is committed before this returns: a look that is not on record gives nothing.
    const found = await this.vault.look(requestId, auditOf(caller, nowMs, 'trace.read', `request/${requestId}`, { offset, rows }));
    // Another tenant's request is told apart from none by nothing.
    if (!found || (caller.tenant !== null && found.segment.tenant !== caller.tenant)) throw missing(whyMissing(requestId, nowMs, this.settings.retentionDays), this.settings.retentionDays);
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

function requestBody(trace: StoredTrace): RequestBody {
  const { requestId, model, releaseId, segment, status, promptTokens, completionTokens, routedTokens, queueWaitMs, timeToFirstTokenMs, durationMs } = trace;
  const at = new Date(trace.atMs).toISOString();
  return { requestId, at, model, releaseId, segment, status, promptTokens, completionTokens, routedTokens, queueWaitMs, timeToFirstTokenMs, durationMs, dataRules: rulesBody(trace) };
}

function rulesBody({ rules }: StoredTrace): RequestBody['dataRules'] {
  if (!rules) return null;
  const { digest, generation, maskedExperts, ruleIds, labels } = rules;
  return { digest, generation, maskedExperts, rules: [...ruleIds], labels: { ...labels } };
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
