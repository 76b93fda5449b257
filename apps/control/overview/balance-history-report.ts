import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { baselineInForce } from '#libs/store/detection/baseline';
import { type LayerFigures, type UsageQuery } from '#libs/store/usage/usage-query';
import { BASELINES, type BaselinesPort } from '../detection/detection-ports.ts';
import { requestsOf } from '../routing/reports.ts';
import { timeWindow, windowBody } from '../routing/time-window.ts';
import { cutOf, type UsageCut } from '../routing/usage-cut.ts';
import { RELEASE_CATALOG, type ReleaseCatalog, USAGE_READER, type UsagePort } from '../routing/usage-reader.ts';
import { withhold } from '../routing/withhold.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { balanceHistory } from './balance-history.ts';
import { refuseManyBuckets } from './bucket-limit.ts';

/** Entropy and balance of each layer over time, beside the baseline in force. */
@Injectable()
export class BalanceHistoryReport {
  constructor(
    @Inject(USAGE_READER) private readonly usage: UsagePort,
    @Inject(RELEASE_CATALOG) private readonly catalog: ReleaseCatalog,
    @Inject(BASELINES) private readonly baselines: Pick<BaselinesPort, 'adopted'>,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  async read({ step, ...asked }: RouteInput<typeof ROUTES.getBalanceHistory>['query']): Promise<RouteOutput<typeof ROUTES.getBalanceHistory>> {
    const { minRequests } = this.settings;
    const cut = await cutOf(this.catalog, asked, this.settings.now());
    refuseManyBuckets(cut.window, step);
    const [now, byTime, baseline] = await Promise.all([this.#total(cut.query), this.usage.usageMatrix({ ...cut.query, groupBy: { time: step } }), this.#baseline(cut, asked.release)]);
    const buckets = byTime.groups.toSorted((a, b) => (a.bucketMs ?? 0) - (b.bucketMs ?? 0));
    const head = {
      model: cut.choice.model,
      releases: [...cut.choice.releaseIds],
      window: windowBody(byTime.range),
      experts: cut.choice.experts,
      step,
      at: buckets.map(({ bucketMs }) => new Date(bucketMs ?? byTime.range.fromMs).toISOString()),
      baseline: baseline && baseline.head,
    };
    const withheld = withhold(requestsOf({ layers: now }), minRequests);
    if (withheld) return { ...head, withheld };
    return { ...head, layers: balanceHistory({ now, buckets, baseline: baseline?.layers ?? [], topK: cut.choice.topK, minRequests }) };
  }

  async #total(query: UsageQuery): Promise<readonly LayerFigures[]> {
    return (await this.usage.usageMatrix(query)).groups[0]?.layers ?? [];
  }

  /** The traffic that the baseline of the release, or of the active one, stands on. */
  async #baseline({ choice, query }: UsageCut, asked: string | undefined) {
    const release = asked ?? (await this.catalog.activeRelease(choice.model)) ?? choice.releaseIds[0] ?? '';
    const found = baselineInForce(await this.baselines.adopted(), choice.model, release, choice);
    if (found === null) return null;
    const { id, releaseId } = found;
    const window = timeWindow(new Date(found.fromMs).toISOString(), new Date(found.toMs).toISOString(), this.settings.now());
    const layers = await this.#total({ ...query, of: { releaseIds: [releaseId] }, ...window });
    const isShown = withhold(requestsOf({ layers }), this.settings.minRequests) === null;
    return { head: { id, release: releaseId, window: windowBody(window) }, layers: isShown ? layers : [] };
  }
}
