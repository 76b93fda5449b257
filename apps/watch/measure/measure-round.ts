import { setImmediate as breathe } from 'node:timers/promises';
import { type Reading, type Signal } from '#libs/detection/reading/reading';
import { measureRuleRefusals } from '#libs/detection/windows/rule-refusals';
import { measureSilence } from '#libs/detection/windows/silence';
import { measureSlowExperts } from '#libs/detection/windows/slow-expert';
import { type Baseline, type SegmentLabels } from '#libs/store/detection/baseline';
import { labelsKey } from '#libs/store/detection/readings';
import { availabilityReadings } from './availability-readings.ts';
import { keepReadings, seriesOf } from './keep-readings.ts';
import { expertReadings, layerReadings, type MeasuredLayer } from './layer-readings.ts';
import { type MeasurePorts } from './measure-ports.ts';
import { ruledRequests, type ServedRelease, servedReleases } from './measured-releases.ts';
import { qualityReadings } from './quality-readings.ts';
import { recordedTraffic } from './recorded-traffic.ts';
import { baselineFor } from './reference-usage.ts';

/** Signals whose readings are this part's. */
const SIGNALS: readonly Signal[] = [
  'collapse', 'low-entropy', 'low-confidence', 'dropped-tokens', 'dead-expert', 'waking-expert', 'hot-expert', 'slow-expert', 'data-rule-refusals', 'no-data', 'quality', 'expert-unavailable', 'degraded-share',
];
/** Read for all layers of a release in each round, whether anything stands out. */
const LAYER_SIGNALS: readonly Signal[] = ['quality', 'expert-unavailable'];
const EXPERT_SIGNALS: readonly Signal[] = ['dead-expert', 'waking-expert', 'hot-expert'];
/** At 60 independent requests an hour, a gap of 15 minutes, from which on the shipped rule warns, has probability exp(-15). */
const SILENCE_LIMITS = { minRequestsPerHour: 60, recordingMs: 120_000 };
const SLOW_LIMITS = { minRuns: 100 };
/** Times slower from which on a reading is worth it. */
const SLOW_FROM = 2;
/** Segments of a baseline that are measured by themselves at most. */
const MAX_SEGMENTS = 20;
const MAX_READINGS = 10_000;
/** Batches of feedback joined in a round at most; the rest comes with the next. */
const MAX_JOINS = 10;

export interface MeasureSettings {
  readonly windowMs: number;
  /** Aggregates over fewer requests are withheld. */
  readonly minRequests: number;
}

export interface MeasuredRound {
  readonly layers: readonly MeasuredLayer[];
  readonly readings: number;
  /** Feedback whose request's trace was gone or did not open. */
  readonly lostFeedback: number;
}

/** Takes the measure of what answers now, once. */
export class MeasureRound {
  readonly #quality = new Map<string, readonly Reading[]>();

  constructor(
    private readonly ports: MeasurePorts,
    private readonly settings: MeasureSettings,
  ) {}

  async run(nowMs: number): Promise<MeasuredRound> {
    const { dataSource, readings, baselines, references, speeds } = this.ports;
    const { joined, lost } = await this.#joinFeedback();
    if (joined > 0) this.#quality.clear();
    const served = await servedReleases(dataSource, this.ports.activations);
    const adopted = await baselines.adopted();
    references.keepOnly(adopted);
    speeds.keepOnly(new Set(served.map(({ releaseId }) => releaseId)));
    const fresh: Reading[] = await this.#silence([...new Set(served.map(({ model }) => model))], nowMs);
    const measured = new Set<string>();
    const waiting = new Set<string>();
    const layers: MeasuredLayer[] = [];
    for (const release of served) {
      const baseline = baselineFor(release, adopted);
      const all = await this.#layers(release, baseline, null, nowMs);
      layers.push(...all);
      for (const layer of all) {
        const found = expertReadings(layer);
        fresh.push(...layerReadings(layer), ...found);
        for (const signal of EXPERT_SIGNALS) measured.add(seriesOf({ signal, labels: layer.labels }));
        await breathe();
      }
      for (const segment of baseline?.options.segments.slice(0, MAX_SEGMENTS) ?? []) {
        for (const layer of await this.#layers(release, baseline, segment, nowMs)) fresh.push(...layerReadings(layer));
        await breathe();
      }
      fresh.push(await this.#refusals(release, nowMs));
      await this.#slow(release, nowMs, { fresh, measured, waiting });
      fresh.push(...(await this.#qualityOf(release, nowMs)));
      for (let layer = 0; layer < release.layers; layer += 1) for (const signal of LAYER_SIGNALS) measured.add(seriesOf({ signal, labels: { release: release.releaseId, layer: String(layer) } }));
    }
    fresh.push(...(await availabilityReadings(this.ports.availability, served, await this.ports.processes.list(), nowMs, this.settings.windowMs)));
    // Layers whose turn to be timed it is not keep what was said of them.
    const before = (await readings.current({ signals: SIGNALS }, MAX_READINGS)).filter((reading) => !waiting.has(seriesOf(reading)));
    const { save, remove } = keepReadings(fresh, before, measured, nowMs, labelsKey);
    await dataSource.transaction(async (manager) => {
      await readings.save(manager, save);
      for (const { signal, labels } of remove) await readings.remove(manager, signal, labels);
    });
    return { layers, readings: save.length, lostFeedback: lost };
  }

  async #joinFeedback(): Promise<{ joined: number; lost: number }> {
    let [joined, lost] = [0, 0];
    for (let batch = 0; batch < MAX_JOINS; batch += 1) {
      const done = await this.ports.joiner.join();
      joined += done.joined;
      lost += done.lost;
      if (done.joined + done.lost === 0) break;
    }
    return { joined, lost };
  }

  async #layers({ model, releaseId, topK, layers: count }: ServedRelease, baseline: Baseline | null, segment: SegmentLabels | null, nowMs: number): Promise<readonly MeasuredLayer[]> {
    const { groups } = await this.ports.usage.usageMatrix({ of: { releaseIds: [releaseId] }, fromMs: nowMs - this.settings.windowMs, toMs: nowMs + 1, ...(segment ? { segment } : {}) });
    const reference = baseline && (await this.ports.references.of(baseline, segment));
    return (groups[0]?.layers ?? []).slice(0, count).map((usage): MeasuredLayer => {
      const before = reference?.get(usage.layer);
      return {
        labels: { model, release: releaseId, layer: String(usage.layer), ...segment },
        atMs: nowMs,
        window: { usage, topK },
        reference: before && before.load.length === usage.load.length ? { usage: before, topK } : null,
        baselineId: baseline?.id ?? null,
      };
    });
  }

  async #silence(models: readonly string[], nowMs: number): Promise<Reading[]> {
    const processes = await this.ports.processes.list();
    const readings: Reading[] = [];
    for (const model of models) {
      const traffic = await recordedTraffic(this.ports.usage, model, processes, nowMs, SILENCE_LIMITS.recordingMs);
      const { value, reason } = measureSilence(traffic, nowMs, SILENCE_LIMITS);
      const note = reason === 'silent-while-served' ? `${reason}: processes serve the model, so either nobody asks, or answers are not recorded (signalbox_spool_* at /metrics of inference)` : reason;
      readings.push({
        signal: 'no-data', labels: { model }, atMs: nowMs, value, interval: null, alarm: null, evidence: null,
        detail: { note, requests: traffic.requestsInLastHour, ...(traffic.lastRecordedMs === null ? {} : { sinceMs: traffic.lastRecordedMs }) },
      });
    }
    return readings;
  }

  async #refusals({ model, releaseId, number }: ServedRelease, nowMs: number): Promise<Reading> {
    const fromMs = nowMs - this.settings.windowMs;
    const { recorded, masked } = await ruledRequests(this.ports.dataSource, number, fromMs, nowMs + 1);
    const refused = await this.ports.refusals.count(number, fromMs, nowMs + 1);
    const { value, interval, reason } = measureRuleRefusals({ recorded, refused }, { minRequests: this.settings.minRequests });
    const note = reason === 'measured' ? `${refused} requests were refused; ${masked} ran without some experts` : 'too few requests in the window';
    return { signal: 'data-rule-refusals', labels: { model, release: releaseId }, atMs: nowMs, value, interval, alarm: null, evidence: null, detail: { requests: recorded + refused, note } };
  }

  async #slow(release: ServedRelease, nowMs: number, { fresh, measured, waiting }: { fresh: Reading[]; measured: Set<string>; waiting: Set<string> }): Promise<void> {
    const { model, releaseId } = release;
    const speeds = await this.ports.speeds.read(release, nowMs);
    for (let layer = 0; layer < release.layers; layer += 1) {
      const labels = { model, release: releaseId, layer: String(layer) };
      const series = seriesOf({ signal: 'slow-expert', labels });
      (speeds.has(layer) ? measured : waiting).add(series);
      for (const { expert, value, againstLayer, againstPast } of measureSlowExperts(speeds.get(layer) ?? [], SLOW_LIMITS)) {
        if (value < SLOW_FROM) continue;
        const past = againstPast === null ? 'nothing is known of before' : `${againstPast.toFixed(2)} times its own past`;
        fresh.push({
          signal: 'slow-expert', labels: { ...labels, expert: String(expert) }, atMs: nowMs, value, interval: null, alarm: null, evidence: null,
          detail: { experts: [{ expert, share: null, baselineShare: null, eValue: null }], note: `median run ${againstLayer.toFixed(2)} times the layer's; ${past}` },
        });
      }
    }
  }

  /** Measured anew when scores came; said anew in each round. */
  async #qualityOf(release: ServedRelease, nowMs: number): Promise<readonly Reading[]> {
    const known = this.#quality.get(release.releaseId) ?? (await qualityReadings(this.ports.feedback, release, { nowMs, minRequests: this.settings.minRequests }));
    this.#quality.set(release.releaseId, known);
    return known.map((reading) => ({ ...reading, atMs: nowMs }));
  }
}
