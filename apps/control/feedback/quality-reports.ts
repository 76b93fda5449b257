import { Inject, Injectable } from '@nestjs/common';
import { MAX_QUALITY_EXPERTS } from '#libs/contract/management/feedback';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { addScore, emptyQualitySums, qualityOf, type QualitySums } from '#libs/detection/windows/quality-sums';
import { qualityVerdicts, unpackQualityTest } from '#libs/detection/windows/quality-test';
import { CONFIDENCE_95 } from '#libs/stats/entropy-estimate';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { chooseReleases, type ReleaseChoice } from '../routing/release-choice.ts';
import { timeWindow, windowBody } from '../routing/time-window.ts';
import { RELEASE_CATALOG, type ReleaseCatalog } from '../routing/usage-reader.ts';
import { withhold } from '../routing/withhold.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { FEEDBACK_ROUTING, type FeedbackRoutingPort } from './feedback-ports.ts';

type Query = RouteInput<(typeof ROUTES)['getQuality']>['query'];
type Report = RouteOutput<(typeof ROUTES)['getQuality']>;
type ExpertBody = NonNullable<Report['experts']>[number];

/** Scored requests that a report reads at most. */
const MAX_REQUESTS = 5000;
const DEFAULT_WINDOW_MS = 30 * 86_400_000;

/** Tells how answers were liked by the experts that served them. */
@Injectable()
export class QualityReports {
  constructor(
    @Inject(FEEDBACK_ROUTING) private readonly routing: FeedbackRoutingPort,
    @Inject(RELEASE_CATALOG) private readonly catalog: ReleaseCatalog,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'minRequests' | 'now'>,
  ) {}

  async quality({ model, release, from, to, layer, tenant }: Query): Promise<Report> {
    const choice = await chooseReleases(this.catalog, { model, release });
    const releaseId = release ?? (await this.catalog.activeRelease(choice.model)) ?? choice.releaseIds[0] ?? '';
    if (layer !== undefined && layer >= choice.layers) throw noSuchLayer(choice.layers);
    const nowMs = this.settings.now();
    const endMs = to === undefined ? nowMs : Date.parse(to);
    const window = timeWindow(from ?? new Date(endMs - DEFAULT_WINDOW_MS).toISOString(), to, nowMs);
    const sums = emptyQualitySums(layer === undefined ? choice.layers : 1, choice.experts);
    const asked = { releaseId, ...window, tenant: tenant ?? null, layer: layer ?? null, experts: choice.experts, limit: MAX_REQUESTS };
    for await (const scored of this.routing.scored(asked)) for (const { shares, score } of scored) addScore(sums, shares, score);
    const head = { model: choice.model, releaseId, window: windowBody(window) };
    const withheld = withhold(sums.requests, this.settings.minRequests);
    if (withheld) return { ...head, withheld };
    const eValues = tenant === undefined ? await this.#eValues(releaseId) : null;
    return { ...head, requests: sums.requests, meanScore: sums.score / sums.requests, experts: this.#experts(sums, choice, layer ?? 0, eValues) };
  }

  /** Those that served enough requests not to tell of one. */
  #experts(sums: QualitySums, { experts: count }: ReleaseChoice, firstLayer: number, eValues: readonly number[] | null): ExpertBody[] {
    return Array.from({ length: sums.layers * count }, (_, cell) => qualityOf(sums, Math.floor(cell / count), cell % count))
      .flatMap(({ layer, expert, requests, share, score, restScore, lost, interval }): ExpertBody[] => {
        if (score === null || withhold(requests, this.settings.minRequests)) return [];
        const number = layer + firstLayer;
        return [{ layer: number, expert, tokenShare: share, score, restScore, lost, interval: interval && { ...interval, level: CONFIDENCE_95.level }, eValue: eValues?.[number * count + expert] ?? null }];
      })
      .toSorted((a, b) => (b.lost ?? -1) - (a.lost ?? -1) || a.layer - b.layer || a.expert - b.expert)
      .slice(0, MAX_QUALITY_EXPERTS);
  }

  async #eValues(releaseId: string): Promise<readonly number[] | null> {
    const state = await this.routing.test(releaseId);
    return state && qualityVerdicts(unpackQualityTest(state), 0.05).map(({ eValue }) => eValue);
  }
}

function noSuchLayer(layers: number): ProblemError {
  return new ProblemError({ status: 400, code: 'no_such_layer', title: 'The model has no such layer', detail: `Query field layer: give 0 to ${layers - 1}.`, field: 'layer' });
}
