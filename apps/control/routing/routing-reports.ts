import { Inject, Injectable } from '@nestjs/common';
import { coActivation } from '#libs/stats/co-activation';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type UsageGroup, type UsageQuery } from '#libs/store/usage/usage-query';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { expertReport } from './expert-report.ts';
import { balanceLayer, type GroupUsage, informationReport, requestsOf, timelineBucket, usageGroups } from './reports.ts';
import { wholeHours, windowBody } from './time-window.ts';
import { cutOf, type UsageCut } from './usage-cut.ts';
import { EXPERT_FIGURES, type ExpertFiguresPort, RELEASE_CATALOG, type ReleaseCatalog, USAGE_READER, type UsagePort } from './usage-reader.ts';
import { withhold } from './withhold.ts';

type Query<N extends keyof typeof ROUTES> = RouteInput<(typeof ROUTES)[N]>['query'];
type Output<N extends keyof typeof ROUTES> = RouteOutput<(typeof ROUTES)[N]>;

const STEP_MS = { minute: 60_000, hour: 3_600_000 } as const;
const MAX_BUCKETS = 1500;

/** Answers where tokens went, from the recorded roll-ups. */
@Injectable()
export class RoutingReports {
  constructor(
    @Inject(USAGE_READER) private readonly usageReader: UsagePort,
    @Inject(RELEASE_CATALOG) private readonly catalog: ReleaseCatalog,
    @Inject(EXPERT_FIGURES) private readonly figures: ExpertFiguresPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  async usage(asked: Query<'getUsage'>): Promise<Output<'getUsage'>> {
    const cut = await this.#cut(asked);
    const { groupBy } = asked;
    const by = groupBy === 'none' ? {} : groupBy === 'release' ? { groupBy: { release: true } } : { groupBy: { segment: [groupBy] } };
    const { groups } = await this.usageReader.usageMatrix({ ...cut.query, ...by });
    return { ...head(cut), groupBy, ...usageGroups(groups.map((group) => named(group, groupBy)), this.settings.minRequests) };
  }

  async balance(asked: Query<'getBalance'>): Promise<Output<'getBalance'>> {
    const cut = await this.#cut(asked);
    const { layers, requests } = await this.#total(cut.query);
    const withheld = withhold(requests, this.settings.minRequests);
    if (withheld) return { ...head(cut), withheld };
    return { ...head(cut), requests, layers: layers.map((layer) => balanceLayer(layer, cut.choice.topK)) };
  }

  async coActivation(asked: Query<'getCoActivation'>): Promise<Output<'getCoActivation'>> {
    const cut = await this.#cut(asked);
    // Pairs are kept by the hour only, so their loads must be of the same hours.
    const window = wholeHours(cut.window);
    const { layers, requests } = await this.#total({ ...cut.query, ...window, pairs: true });
    const body = { ...head({ ...cut, window }), layer: asked.layer };
    const withheld = withhold(requests, this.settings.minRequests);
    if (withheld) return { ...body, withheld };
    const [layer] = layers;
    if (!layer?.pairs) {
      throw new ProblemError({
        status: 404,
        code: 'pairs_not_kept',
        title: 'Pairs are not kept for this model',
        detail: 'Pairs of experts are counted up to 64 experts in a layer; this model has more.',
      });
    }
    return { ...body, matrix: coActivation([...layer.load], [...layer.pairs]) };
  }

  async information(asked: Query<'getInformation'>): Promise<Output<'getInformation'>> {
    const cut = await this.#cut(asked);
    const { groups } = await this.usageReader.usageMatrix({ ...cut.query, groupBy: { segment: [asked.by] } });
    const usages = groups.map((group) => named(group, asked.by));
    return { ...head(cut), by: asked.by, ...informationReport(usages, cut.choice.topK, this.settings.minRequests) };
  }

  async timeline(asked: Query<'getTimeline'>): Promise<Output<'getTimeline'>> {
    const cut = await this.#cut(asked);
    if ((cut.window.toMs - cut.window.fromMs) / STEP_MS[asked.step] > MAX_BUCKETS) {
      throw new ProblemError({
        status: 400,
        code: 'window_too_long',
        title: 'The time range has too many buckets',
        detail: `Query field from: choose a range of at most ${MAX_BUCKETS} buckets, or step=hour.`,
        field: 'from',
      });
    }
    const { groups, range } = await this.usageReader.usageMatrix({ ...cut.query, groupBy: { time: asked.step } });
    const buckets = groups
      .toSorted((a, b) => (a.bucketMs ?? 0) - (b.bucketMs ?? 0))
      .map(({ bucketMs, layers }) => timelineBucket(bucketMs ?? range.fromMs, layers, cut.choice.topK, this.settings.minRequests));
    return { ...head({ ...cut, window: range }), step: asked.step, buckets };
  }

  async experts(asked: Query<'getExperts'>): Promise<Output<'getExperts'>> {
    const { choice, window } = await this.#cut(asked);
    const release = asked.release ?? (await this.catalog.activeRelease(choice.model)) ?? choice.releaseIds[0];
    if (release === undefined) throw new Error(`model ${choice.model} has a choice without releases`);
    const [figures, sizes] = await Promise.all([
      this.figures.read({ releaseIds: [release], ...window, layer: asked.layer ?? null }),
      this.catalog.componentSizes(release),
    ]);
    return {
      model: choice.model,
      release,
      window: windowBody(window),
      experts: expertReport(choice, asked.layer ?? null, figures, sizes),
    };
  }

  async #total(query: UsageQuery): Promise<{ layers: UsageGroup['layers']; requests: number }> {
    const { groups } = await this.usageReader.usageMatrix(query);
    const layers = groups[0]?.layers ?? [];
    return { layers, requests: requestsOf({ layers }) };
  }

  async #cut(asked: Parameters<typeof cutOf>[1]): Promise<UsageCut> {
    return cutOf(this.catalog, asked, this.settings.now());
  }
}

function named({ releaseId, segment, layers }: UsageGroup, by: Query<'getUsage'>['groupBy']): GroupUsage {
  if (by === 'none') return { group: '', layers };
  return { group: (by === 'release' ? releaseId : segment[by]) ?? '', layers };
}

function head({ choice, window }: Pick<UsageCut, 'choice' | 'window'>): Pick<Output<'getBalance'>, 'model' | 'releases' | 'window' | 'experts' | 'topK'> {
  return { model: choice.model, releases: [...choice.releaseIds], window: windowBody(window), experts: choice.experts, topK: choice.topK };
}
