import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { SIGNALS } from '#libs/detection/reading/reading';
import { SIGNAL_FACTS } from '#libs/detection/reading/signal-facts';
import { DAY_MS } from '#libs/store/capture/days';
import { labelsKey } from '#libs/store/detection/readings';
import { decodeCursor, isInstantMs, page } from '../http/cursor.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { DETECTION_OVERVIEW, type DetectionOverviewPort, READINGS, type ReadingsPort } from './detection-ports.ts';
import { wrongRange } from './detection-problems.ts';
import { detectionBody, pastReadingBody, readingBody } from './detection-views.ts';

type Filter = Pick<RouteInput<typeof ROUTES.listReadings>['query'], 'model' | 'release' | 'layer'>;

const MINUTE_MS = 60_000;
/** Label sets in one answer. */
const MAX_SERIES = 20;

/** What the detectors say, and how far they are. */
@Injectable()
export class ReadingReports {
  constructor(
    @Inject(READINGS) private readonly readings: ReadingsPort,
    @Inject(DETECTION_OVERVIEW) private readonly overview: DetectionOverviewPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  async current(query: RouteInput<typeof ROUTES.listReadings>['query']): Promise<RouteOutput<typeof ROUTES.listReadings>> {
    const after = decodeCursor(query.cursor, ([signal, key]) => (typeof signal === 'string' && isLabelsKey(key) ? { signal, labelsKey: key } : null));
    const filter = { ...(query.signal === undefined ? {} : { signals: [query.signal] }), ...labelsOf(query), ...(after === null ? {} : { after }) };
    const { items, nextCursor } = page(await this.readings.current(filter, query.limit + 1), query.limit, ({ signal, labels }) => [signal, labelsKey(labels)]);
    return { items: items.map(readingBody), nextCursor };
  }

  /** @throws ProblemError 400 when the range is empty */
  async history(query: RouteInput<typeof ROUTES.listReadingHistory>['query']): Promise<RouteOutput<typeof ROUTES.listReadingHistory>> {
    const toMs = query.to === undefined ? this.settings.now() : Date.parse(query.to);
    const fromMs = query.from === undefined ? toMs - DAY_MS : Date.parse(query.from);
    if (fromMs >= toMs) throw wrongRange();
    const before = decodeCursor(query.cursor, ([minuteMs, key]) => (isInstantMs(minuteMs) && isLabelsKey(key) ? { minuteMs, labelsKey: key } : null));
    const found = await this.readings.history({ signal: query.signal, ...labelsOf(query), fromMs, toMs, ...(before === null ? {} : { before }) }, query.limit + 1);
    const { items, nextCursor } = page(found, query.limit, ({ atMs, labels }) => [Math.floor(atMs / MINUTE_MS) * MINUTE_MS, labelsKey(labels)]);
    return { items: items.map(pastReadingBody), nextCursor };
  }

  /** @throws ProblemError 400 when the range is empty */
  async series(query: RouteInput<typeof ROUTES.getReadingSeries>['query']): Promise<RouteOutput<typeof ROUTES.getReadingSeries>> {
    const { signal, model, release, layer, expert, tenant, task, language } = query;
    const toMs = query.to === undefined ? this.settings.now() : Date.parse(query.to);
    const fromMs = query.from === undefined ? toMs - DAY_MS : Date.parse(query.from);
    if (fromMs >= toMs) throw wrongRange();
    const stepMs = Math.max(1, Math.ceil((toMs - fromMs) / query.points / MINUTE_MS)) * MINUTE_MS;
    const given = Object.entries({ model, release, layer, expert, tenant, task, language }).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
    const { series, omitted } = await this.readings.series({ signal, labels: Object.fromEntries(given) as Readonly<Record<string, string>>, isExact: query.exact === 'true', fromMs, toMs, stepMs }, MAX_SERIES);
    return {
      from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), stepMs, unit: SIGNAL_FACTS[signal].unit, omittedSeries: omitted,
      series: series.map(({ labels, points }) => ({ labels: { ...labels }, points: points.map(({ atMs, ...point }) => ({ at: new Date(atMs).toISOString(), ...point })) })),
    };
  }

  signals(): RouteOutput<typeof ROUTES.listSignals> {
    return { items: SIGNALS.map((signal) => ({ signal, ...SIGNAL_FACTS[signal], labels: [...SIGNAL_FACTS[signal].labels] })) };
  }

  async detection(): Promise<RouteOutput<typeof ROUTES.getDetection>> {
    return detectionBody(await this.overview.read(this.settings.now()));
  }
}

/** A cursor of ours holds the labels as JSON; anything else would only fail in the database. */
function isLabelsKey(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('{') && value.endsWith('}');
}

function labelsOf({ model, release, layer }: Filter): { readonly labels?: Readonly<Record<string, string>> } {
  const labels = { ...(model === undefined ? {} : { model }), ...(release === undefined ? {} : { release }), ...(layer === undefined ? {} : { layer: String(layer) }) };
  return Object.keys(labels).length === 0 ? {} : { labels };
}
