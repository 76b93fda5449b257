import { type AuditEntry } from '#libs/store/audit/audit-log';
import { MIN_BASELINE_REQUESTS } from '#libs/detection/baseline/usage-baseline';
import { encodeLayerBaseline } from '#libs/detection/stream/layer-baseline-codec';
import { freezeLayerBaseline } from '#libs/detection/stream/layer-baseline';
import { type LayerRequest, requestRouting } from '#libs/detection/stream/layer-requests';
import { DEFAULT_LAYER_BASELINE } from '#libs/detection/stream/settings';
import { alarmThreshold } from '#libs/detection/usage-shift/settings';
import { type TraceSealer } from '#libs/record/seal';
import { type Segment } from '#libs/contract/capture/request-record';
import { type Baseline, type SegmentLabels } from '#libs/store/detection/baseline';
import { type Freezing, type FrozenLayer } from '#libs/store/detection/freezing';
import { type RoutingTrace } from '#libs/trace/trace';
import { mixesOf } from './mixes.ts';
import { openTrace } from './open-trace.ts';
import { Pace } from './pace.ts';
import { isInSegment, segmentKeyOf } from './segments.ts';

export interface FreezerOptions {
  readonly falseAlarmsPerMonth: number;
  readonly now: () => number;
}

export type FreezeOutcome = 'nothing-to-do' | 'frozen' | 'adopted' | 'failed' | 'cancelled';

/** Below this the bounds are wide, and small shifts are found late. */
export const GOOD_BASELINE_REQUESTS = 5000;
/** A month of traffic at least, so that the budget of a model that has just begun is not spent on a day. */
const MIN_REQUESTS_PER_MONTH = 30_000;
/** Usage and routing are two tests of each stream. */
const TESTS_PER_STREAM = 2;
/** Requests of the sample that are read at once. */
const READ_AT_ONCE = 100;
/** Memory that the requests of the layers in work may take. */
const MAX_LAYER_BYTES = 128 * 1024 ** 2;

interface PlacedRequest {
  readonly atMs: number;
  readonly segment: Segment;
  /** In the layers in work, by their order. */
  readonly layers: readonly LayerRequest[];
}

/** Freezes one baseline after the other, some layers at a time: what is done stays done over a restart. */
export class Freezer {
  constructor(
    private readonly freezing: Freezing,
    private readonly sealer: Pick<TraceSealer, 'open'>,
    private readonly options: FreezerOptions,
  ) {}

  /** Freezes the next baseline. @throws what the database throws; then it goes on with the next call */
  async run(signal: AbortSignal): Promise<FreezeOutcome> {
    const baseline = await this.freezing.next();
    if (baseline === null) return 'nothing-to-do';
    try {
      return await this.#freeze(baseline, signal);
    } catch (error) {
      // What the numbers do not allow; anything else may be over with the next try.
      if (!(error instanceof RangeError)) throw error;
      await this.freezing.fail(baseline.id, error.message, this.options.now());
      return 'failed';
    }
  }

  async #freeze(baseline: Baseline, signal: AbortSignal): Promise<FreezeOutcome> {
    const sample = await this.freezing.sample(baseline);
    if (sample.length < MIN_BASELINE_REQUESTS) throw new RangeError(`${sample.length} requests of the release are recorded in that time; ${MIN_BASELINE_REQUESTS} are needed: choose a longer time, or wait for more traffic`);
    const done = await this.freezing.frozenLayers(baseline.id);
    const todo = Array.from({ length: baseline.layers }, (_, layer) => layer).filter((layer) => !done.has(layer));
    let used = 0;
    while (todo.length > 0) {
      const group = await this.#read(baseline, sample, todo, signal);
      if (group === null) return 'cancelled';
      const { layers, requests } = group;
      used = Math.max(used, requests.length);
      for (const [at, layer] of layers.entries()) {
        signal.throwIfAborted();
        if (!(await this.freezing.saveLayers(baseline.id, this.#freezeLayer(baseline, layer, requests, at)))) return 'cancelled';
        // A layer is one long step: let others in before the next one.
        await new Promise(setImmediate);
      }
      todo.splice(0, layers.length);
    }
    return this.#complete(baseline, used > 0 ? used : sample.length);
  }

  /** As many of the next layers as the memory allows, out of every request of the sample. */
  async #read(baseline: Baseline, sample: readonly string[], todo: readonly number[], signal: AbortSignal): Promise<{ layers: readonly number[]; requests: readonly PlacedRequest[] } | null> {
    const pace = new Pace();
    let layers: readonly number[] | undefined;
    const requests: PlacedRequest[] = [];
    for (let from = 0; from < sample.length; from += READ_AT_ONCE) {
      signal.throwIfAborted();
      if (await this.freezing.isCancelled(baseline.id)) return null;
      const opened = (await this.freezing.requests(baseline, sample.slice(from, from + READ_AT_ONCE))).flatMap((request) => {
        const trace = openTrace(request, this.sealer);
        return trace !== null && trace.layers === baseline.layers && trace.experts === baseline.experts ? [{ request, trace }] : [];
      });
      if (opened.length > 0) layers ??= todo.slice(0, layersAtOnce(opened.map(({ trace }) => trace), sample.length));
      for (const { request, trace } of opened) {
        requests.push({ atMs: request.atMs, segment: request.segment, layers: (layers ?? []).map((layer) => owned(requestRouting(trace, layer))) });
        await pace.step();
      }
    }
    if (layers === undefined) throw new RangeError('no trace of that time can be opened: they are past retention, or sealed with a key that is not in SIGNALBOX_TRACE_KEYS_OLDER');
    return { layers, requests: requests.toSorted((a, b) => a.atMs - b.atMs) };
  }

  #freezeLayer({ options }: Baseline, layer: number, requests: readonly PlacedRequest[], at: number): readonly FrozenLayer[] {
    return ([{}, ...options.segments] as SegmentLabels[]).map((labels) => {
      const inSegment = requests.filter(({ segment }) => isInSegment(segment, labels));
      const segmentKey = segmentKeyOf(labels);
      if (inSegment.length < MIN_BASELINE_REQUESTS) throw new RangeError(`${segmentKey || 'all traffic'} has ${inSegment.length} requests; ${MIN_BASELINE_REQUESTS} are needed: leave the segment out, or choose a longer time`);
      const mixes = mixesOf(inSegment, options);
      const frozen = freezeLayerBaseline(inSegment.map((request, index) => ({ mix: mixes[index]!, request: request.layers[at]! })), DEFAULT_LAYER_BASELINE);
      return { layer, segmentKey, requests: inSegment.length, bytes: encodeLayerBaseline(frozen), noiseFloorBits: frozen.noiseFloorBits };
    });
  }

  async #complete(baseline: Baseline, requests: number): Promise<FreezeOutcome> {
    const nowMs = this.options.now();
    const perMonth = Math.max(MIN_REQUESTS_PER_MONTH, await this.freezing.requestsPerMonth(baseline.model, nowMs));
    const streams = baseline.layers * (1 + baseline.options.segments.length) * TESTS_PER_STREAM;
    const note = requests < GOOD_BASELINE_REQUESTS ? `${requests} requests: small shifts are found late; ${GOOD_BASELINE_REQUESTS} are better.` : null;
    const figures = { requests, requestsPerMonth: perMonth, threshold: alarmThreshold(streams, perMonth, this.options.falseAlarmsPerMonth), note };
    const audit: AuditEntry = { atMs: nowMs, actor: 'system', action: 'baseline.adopt', subject: `baseline/${baseline.id}`, detail: { actorName: 'system', model: baseline.model }, requestId: null };
    const adopted = await this.freezing.complete(baseline, figures, nowMs, { reason: 'the first baseline of the model', audit });
    return adopted ? 'adopted' : 'frozen';
  }
}

/** By what some of the sample need; token ids are shared by the layers, but each group has them. */
function layersAtOnce(some: readonly RoutingTrace[], requests: number): number {
  const bytes = some.map(({ expertIds, experts, layers }) => expertIds.byteLength / layers + 4 * experts).reduce((sum, one) => sum + one, 0);
  return Math.max(1, Math.floor((MAX_LAYER_BYTES * some.length) / Math.max(1, bytes * requests)));
}

/** The selections of one layer by itself: a view would keep the whole trace in memory. */
function owned({ shares, rows }: LayerRequest): LayerRequest {
  if (rows === null) return { shares, rows };
  const { tokenIds, expertIds, offset, stride, topK } = rows;
  const own = new Uint16Array(tokenIds.length * topK);
  for (let row = 0; row < tokenIds.length; row += 1) for (let rank = 0; rank < topK; rank += 1) own[row * topK + rank] = expertIds[row * stride + offset + rank]!;
  return { shares, rows: { tokenIds, expertIds: own, offset: 0, stride: topK, topK } };
}
