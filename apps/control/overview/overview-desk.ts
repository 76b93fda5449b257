import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type Annotations } from '#libs/store/overview/annotations';
import { type RequestFiguresReader } from '#libs/store/overview/request-figures';
import { decodeCursor, page } from '../http/cursor.ts';
import { chooseReleaseIds } from '../routing/release-ids.ts';
import { timeWindow, windowBody } from '../routing/time-window.ts';
import { RELEASE_CATALOG, type ReleaseCatalog, USAGE_READER, type UsagePort } from '../routing/usage-reader.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { annotationBody } from './annotation-view.ts';
import { refuseManyBuckets, STEP_MS } from './bucket-limit.ts';
import { bucketBody, countedBody, decisionShares } from './request-report.ts';

export const OVERVIEW_RECORDS = Symbol('OverviewRecords');
export interface OverviewRecords {
  readonly annotations: Pick<Annotations, 'list'>;
  readonly figures: Pick<RequestFiguresReader, 'read'>;
}

type Query<N extends 'listAnnotations' | 'getRequestFigures'> = RouteInput<(typeof ROUTES)[N]>['query'];
type Output<N extends 'listAnnotations' | 'getRequestFigures'> = Promise<RouteOutput<(typeof ROUTES)[N]>>;

const DAY_MS = 86_400_000;
const MICROSECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/** What happened, and how requests fared. */
@Injectable()
export class OverviewDesk {
  constructor(
    @Inject(OVERVIEW_RECORDS) private readonly records: OverviewRecords,
    @Inject(RELEASE_CATALOG) private readonly catalog: ReleaseCatalog,
    @Inject(USAGE_READER) private readonly usage: UsagePort,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  async annotations({ model, from, to, cursor, limit }: Query<'listAnnotations'>): Output<'listAnnotations'> {
    const window = timeWindow(from, to, this.settings.now());
    const after = decodeCursor(cursor, ([at, key]) => (typeof at === 'string' && MICROSECONDS.test(at) && !Number.isNaN(Date.parse(at)) && typeof key === 'string' ? { at, key } : null));
    const found = await this.records.annotations.list({ model: model ?? null, ...window, after, limit: limit + 1 });
    const { items, nextCursor } = page(found, limit, ({ at, key }) => [at, key]);
    return { items: items.map(annotationBody), nextCursor };
  }

  async figures({ model: asked, release, from, to, tenant, step }: Query<'getRequestFigures'>): Output<'getRequestFigures'> {
    const { model, releaseIds } = await chooseReleaseIds(this.catalog, { model: asked, release });
    const nowMs = this.settings.now();
    const recordedFromMs = Math.floor((nowMs - this.settings.retentionDays * DAY_MS) / STEP_MS[step]) * STEP_MS[step];
    const window = timeWindow(from, to, nowMs);
    const fromMs = Math.max(window.fromMs, Math.min(recordedFromMs, window.toMs));
    const read = { fromMs, toMs: window.toMs };
    refuseManyBuckets(read, step);
    const segment = tenant === undefined ? {} : { segment: { tenant } };
    const [{ total, buckets }, { groups }] = await Promise.all([
      this.records.figures.read({ releaseIds, ...read, tenant: tenant ?? null, stepMs: STEP_MS[step] }),
      fromMs < window.toMs ? this.usage.usageMatrix({ of: { releaseIds }, ...read, ...segment }) : { groups: [] },
    ]);
    const { minRequests } = this.settings;
    const counted = countedBody(total, minRequests);
    return {
      model,
      releases: [...releaseIds],
      window: windowBody(read),
      recordedFrom: new Date(recordedFromMs).toISOString(),
      step,
      total: counted.withheld ? counted : { ...counted, routing: decisionShares(groups.flatMap(({ layers }) => layers)) },
      buckets: buckets.map((bucket) => bucketBody(bucket, minRequests)),
    };
  }
}
