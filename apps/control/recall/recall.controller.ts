import { Controller, Inject } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { ROUTES } from '#libs/contract/management/routes';
import { type Principal } from '#libs/platform/auth/scopes';
import { type RecallRecord } from '#libs/store/activation/recalls';
import { Caller, Endpoint, Input } from '../http/endpoint.ts';
import { requirePermission } from '../http/key-guard.ts';
import { overrideWish } from '../protection/override-wish.ts';
import { componentNotFound, RecallDesk } from './recall-desk.ts';
import { RECALLS, type RecallsPort } from './recall-port.ts';
import { TouchedReports } from './touched-reports.ts';

type In<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>;
type Out<N extends keyof typeof ROUTES> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

@Controller()
export class RecallController {
  constructor(
    @Inject(RecallDesk) private readonly desk: RecallDesk,
    @Inject(RECALLS) private readonly recalls: Pick<RecallsPort, 'find'>,
    private readonly touched: TouchedReports,
  ) {}

  @Endpoint(ROUTES.recallComponent)
  async recall(@Input() { params: { sha256 }, body }: In<'recallComponent'>, @Caller() caller: Principal): Out<'recallComponent'> {
    const { reason, force, override } = body;
    const { atMs, models } = await this.desk.recall(sha256, { caller, reason, force, cause: 'direct', override: overrideWish(override) });
    return { sha256, recalled: { at: new Date(atMs).toISOString(), by: caller.accountId, reason }, models: [...models] };
  }

  @Endpoint(ROUTES.getRecall)
  async get(@Input() { params: { sha256 } }: In<'getRecall'>): Out<'getRecall'> {
    const { kind, recalled, releases } = await this.#find(sha256);
    const counts = await this.touched.counts(sha256);
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
  async requests(@Input() { params: { sha256 }, query }: In<'listRecallRequests'>, @Caller() caller: Principal): Out<'listRecallRequests'> {
    if (query.selected === 'true') requirePermission('traces', caller);
    const record = await this.#find(sha256);
    // Whatever is no expert takes part in every request of a release: no trace can tell more.
    return query.selected === 'true' && record.kind === 'expert' ? this.touched.bySelection(record, query, caller) : this.touched.byRelease(record, query);
  }

  async #find(sha256: string): Promise<RecallRecord> {
    const found = await this.recalls.find(sha256);
    if (!found) throw componentNotFound();
    return found;
  }
}
