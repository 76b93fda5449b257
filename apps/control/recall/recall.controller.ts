import { Controller, Inject } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { type RecallRecord } from '#libs/store/activation/recalls';
import { decodeCursor, page } from '../http/cursor.ts';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { componentNotFound, RecallDesk } from './recall-desk.ts';
import { RECALLS, type RecallsPort } from './recall-port.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

const STATUSES = ['answered', 'cancelled', 'failed'] as const;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

@Controller()
export class RecallController {
  constructor(
    @Inject(RecallDesk) private readonly desk: RecallDesk,
    @Inject(RECALLS) private readonly recalls: RecallsPort,
  ) {}

  @Endpoint(ROUTES.recallComponent)
  async recall(@Input() { params: { sha256 }, body }: In<'recallComponent'>, @Caller() caller: Principal): Out<'recallComponent'> {
    const { reason, force } = body;
    const { atMs, models } = await this.desk.recall(sha256, { caller, reason, force, cause: 'direct' });
    return { sha256, recalled: { at: new Date(atMs).toISOString(), by: caller.accountId, reason }, models: [...models] };
  }

  @Endpoint(ROUTES.getRecall)
  async get(@Input() { params: { sha256 } }: In<'getRecall'>): Out<'getRecall'> {
    const { kind, recalled, releases } = await this.#find(sha256);
    const counts = await this.recalls.requestCounts(sha256);
    return {
      sha256,
      kind,
      recalled: recalled && { at: new Date(recalled.atMs).toISOString(), by: recalled.by, reason: recalled.reason },
      releases: releases.map(({ releaseId, model, createdAtMs, components }) => ({
        releaseId, model, createdAt: new Date(createdAtMs).toISOString(), components: [...components], requests: counts.get(releaseId) ?? 0,
      })),
    };
  }

  @Endpoint(ROUTES.listRecallRequests)
  async requests(@Input() { params: { sha256 }, query: { cursor, limit } }: In<'listRecallRequests'>): Out<'listRecallRequests'> {
    await this.#find(sha256);
    const after = decodeCursor(cursor, ([atMs, requestId]) => (typeof atMs === 'number' && typeof requestId === 'string' && UUID.test(requestId) ? { atMs, requestId } : null));
    const found = await this.recalls.requests({ sha256, after, limit: limit + 1 });
    const { items, nextCursor } = page(found, limit, (last) => [last.atMs, last.requestId]);
    return { items: items.map(({ requestId, atMs, releaseId, status }) => ({ requestId, at: new Date(atMs).toISOString(), releaseId, status: STATUSES[status] ?? 'failed' })), nextCursor };
  }

  async #find(sha256: string): Promise<RecallRecord> {
    const found = await this.recalls.find(sha256);
    if (!found) throw componentNotFound();
    return found;
  }
}
