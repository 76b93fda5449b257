import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { type Sha256 } from '#libs/release/component';
import { type RecallRecord } from '#libs/store/activation/recalls';
import { type TouchedRequest } from '#libs/store/activation/touched-requests';
import { AUDIT_LOG, type AuditLogPort } from '../audit/audit-ports.ts';
import { auditOf } from '../http/audited.ts';
import { decodeCursor, encodeCursor, isInstantMs, isUuid, page } from '../http/cursor.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { TRACE_OPENER, type TraceOpener } from '../traces/trace-vault.ts';
import { TOUCHED_REQUESTS, type TouchedRequestsPort } from './recall-port.ts';
import { placesOf, selectionOf } from './selection-of.ts';

type Query = RouteInput<typeof ROUTES.listRecallRequests>['query'];
type Report = RouteOutput<typeof ROUTES.listRecallRequests>;
type Position = { readonly atMs: number; readonly requestId: string };

/** Traces that one page opens at most; it also ends behind the one that reaches the size. */
const MAX_LOOKED = 200;
const MAX_LOOKED_BYTES = 32 * 1024 * 1024;
const STATUSES = ['answered', 'cancelled', 'failed'] as const;

/** Requests that a component version touched: by release, or for an expert by what the traces say. */
@Injectable()
export class TouchedReports {
  constructor(
    @Inject(TOUCHED_REQUESTS) private readonly requests: TouchedRequestsPort,
    @Inject(TRACE_OPENER) private readonly opener: TraceOpener,
    @Inject(AUDIT_LOG) private readonly audit: Pick<AuditLogPort, 'append'>,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now'>,
  ) {}

  counts(sha256: Sha256): Promise<ReadonlyMap<string, number>> {
    return this.requests.counts(sha256);
  }

  async byRelease({ sha256 }: RecallRecord, { cursor, limit }: Query): Promise<Report> {
    const listed = await this.requests.list({ sha256, after: positionOf(cursor), limit: limit + 1 });
    const { items, nextCursor } = page(listed, limit, cursorOf);
    const unknown = await this.requests.pastRetention(sha256, false);
    return { items: items.map((one) => ({ ...touchedBody(one), experts: null })), unreadable: [], nextCursor, basis: 'release', looked: items.length, found: items.length, unknown };
  }

  /** One page is one look: its entry is committed before this returns, so what is not on record gives nothing. */
  async bySelection(record: RecallRecord, { cursor, limit }: Query, caller: Principal): Promise<Report> {
    const { sha256 } = record;
    const after = positionOf(cursor);
    const places = placesOf(record);
    const listed = await this.requests.list({ sha256, after, limit: MAX_LOOKED + 1 });
    const items: Report['items'] = [];
    const unreadable: Report['unreadable'] = [];
    let looked = 0;
    let sizeBytes = 0;
    for (const one of listed.slice(0, MAX_LOOKED)) {
      if (items.length === limit || sizeBytes >= MAX_LOOKED_BYTES) break;
      looked += 1;
      sizeBytes += one.sizeBytes;
      const experts = selectionOf(this.opener, one.requestId, await this.requests.sealedTrace(one), places.get(one.releaseId) ?? []);
      if (experts === 'unreadable') unreadable.push(touchedBody(one));
      else if (experts.length > 0) items.push({ ...touchedBody(one), experts });
    }
    const last = listed[looked - 1];
    const unknown = await this.requests.pastRetention(sha256, true);
    const detail = { after: after && looks(after), last: last ? looks(last) : null, looked, found: items.length, unreadable: unreadable.length };
    await this.audit.append(auditOf(caller, this.settings.now(), 'trace.search', `component/${sha256}`, detail));
    return { items, unreadable, nextCursor: listed.length > looked && last ? encodeCursor(cursorOf(last)) : null, basis: 'selection', looked, found: items.length, unknown };
  }
}

function positionOf(cursor: string | undefined): Position | null {
  return decodeCursor(cursor, ([atMs, requestId]) => (isInstantMs(atMs) && isUuid(requestId) ? { atMs, requestId } : null));
}

function cursorOf({ atMs, requestId }: Position): (string | number)[] {
  return [atMs, requestId];
}

function looks({ atMs, requestId }: Position): { at: string; requestId: string } {
  return { at: new Date(atMs).toISOString(), requestId };
}

function touchedBody({ requestId, atMs, releaseId, status }: TouchedRequest): Report['unreadable'][number] {
  return { requestId, at: new Date(atMs).toISOString(), releaseId, status: STATUSES[status] ?? 'failed' };
}
