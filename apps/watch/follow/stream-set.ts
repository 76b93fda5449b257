import { type Reading, type ReadingLabels, type Signal } from '#libs/detection/reading/reading';
import { declareLayers } from '#libs/detection/stream/across-streams';
import { decodeLayerBaseline } from '#libs/detection/stream/layer-baseline-codec';
import { type LayerBaseline } from '#libs/detection/stream/layer-baseline';
import { requestRouting } from '#libs/detection/stream/layer-requests';
import { type LayerStreamState, newLayerStream, observeLayer, readLayer, type StreamReading } from '#libs/detection/stream/layer-stream';
import { DEFAULT_STREAM } from '#libs/detection/stream/settings';
import { type Baseline, baselineInForce, type SegmentLabels } from '#libs/store/detection/baseline';
import { type DetectorStates, type StoredStream } from '#libs/store/detection/detector-states';
import { type FollowedRequest } from '#libs/store/detection/followed-ledger';
import { type Freezing } from '#libs/store/detection/freezing';
import { type RoutingTrace } from '#libs/trace/trace';
import { type Pace } from './pace.ts';
import { isInSegment, segmentKeyOf } from './segments.ts';

interface Stream {
  readonly layer: number;
  readonly segment: SegmentLabels;
  readonly segmentKey: string;
  readonly labels: ReadingLabels;
  readonly baseline: LayerBaseline;
  state: LayerStreamState;
  requests: number;
  lastAtMs: number;
  /** Changed since it was saved. */
  isTouched: boolean;
}

interface WatchedRelease {
  readonly releaseId: string;
  readonly model: string;
  readonly baseline: Baseline;
  readonly threshold: number;
  readonly streams: readonly Stream[];
}

/** What a round changed, to be saved with the watermark. */
export interface TouchedStreams {
  readonly streams: readonly StoredStream[];
  readonly readings: readonly Reading[];
}

function streamLabels(model: string, releaseId: string, layer: number, segment: SegmentLabels): ReadingLabels {
  return { model, release: releaseId, layer: String(layer), ...segment };
}

/** The detectors in memory: a stream for each layer of each release that gets traffic, for all of it and for each segment. */
export class StreamSet {
  readonly #releases = new Map<string, WatchedRelease | null>();
  /** Decoded baselines, shared by the releases that are watched against the same one. */
  readonly #baselines = new Map<string, LayerBaseline>();
  #adopted: readonly Baseline[] = [];

  constructor(
    private readonly states: Pick<DetectorStates, 'ofRelease'>,
    private readonly baselines: Pick<Freezing, 'layer'>,
    private readonly maxStreams: number,
  ) {}

  get streams(): number {
    let count = 0;
    for (const watched of this.#releases.values()) count += watched?.streams.length ?? 0;
    return count;
  }

  /** Forgets everything, so that it is read again as it was saved. */
  clear(): void {
    this.#releases.clear();
    this.#baselines.clear();
  }

  /** Takes the adopted baselines as they are now: a release with another one than before begins anew with its next request. */
  adopt(adopted: readonly Baseline[]): void {
    const isSame = adopted.length === this.#adopted.length && adopted.every((one, at) => one.id === this.#adopted[at]?.id && one.generation === this.#adopted[at]?.generation);
    this.#adopted = adopted;
    if (isSame) return;
    for (const [releaseId, watched] of this.#releases) {
      const now = watched && baselineInForce(adopted, watched.model, releaseId, watched.baseline);
      if (now === null || now.id !== watched?.baseline.id || now.generation !== watched.baseline.generation) this.#releases.delete(releaseId);
    }
    const inUse = new Set([...this.#releases.values()].map((watched) => watched?.baseline.id));
    for (const key of this.#baselines.keys()) if (!inUse.has(key.slice(0, key.indexOf('/')))) this.#baselines.delete(key);
  }

  /** Forgets a release whose states are gone. Those for which there was no room are asked for again. */
  drop(releaseId: string): void {
    this.#releases.delete(releaseId);
    for (const [other, watched] of this.#releases) if (watched === null) this.#releases.delete(other);
  }

  /** Releases known not to be watched: whatever their traces hold, `observe` says false. */
  unwatched(): readonly string[] {
    return [...this.#releases].flatMap(([releaseId, watched]) => (watched === null ? [releaseId] : []));
  }

  /** Shows a request to all streams that it belongs to. False when its release is not watched. */
  async observe(request: FollowedRequest, trace: RoutingTrace, pace: Pace): Promise<boolean> {
    const watched = await this.#watched(request, trace);
    if (watched === null || watched.baseline.layers !== trace.layers || watched.baseline.experts !== trace.experts) return false;
    const seen: Stream[] = [];
    let layer = -1;
    let routing = null;
    // Streams lie layer by layer, so that each layer is taken out of the trace once.
    for (const stream of watched.streams) {
      if (!isInSegment(request.segment, stream.segment)) continue;
      if (stream.layer !== layer || routing === null) {
        layer = stream.layer;
        routing = requestRouting(trace, layer);
      }
      observeLayer(stream.state, routing, stream.baseline, watched.threshold, DEFAULT_STREAM, { requestId: request.requestId, atMs: request.atMs });
      stream.requests += 1;
      stream.lastAtMs = Math.max(stream.lastAtMs, request.atMs);
      stream.isTouched = true;
      seen.push(stream);
      await pace.step();
    }
    declareLayers(seen, watched.threshold, DEFAULT_STREAM, request.atMs);
    return true;
  }

  /** What has changed since the last call of `saved`. @param serving releases that answer: others have no readings */
  async touched(serving: ReadonlySet<string>, pace: Pace): Promise<TouchedStreams> {
    const streams: StoredStream[] = [];
    const readings: Reading[] = [];
    for (const watched of this.#releases.values()) {
      if (watched === null) continue;
      for (const stream of watched.streams.filter(({ isTouched }) => isTouched)) {
        streams.push(stored(watched, stream));
        if (serving.has(watched.releaseId)) readings.push(...readingsOf(watched, stream));
        await pace.step();
      }
    }
    return { streams, readings };
  }

  /** What was touched is saved. */
  saved(): void {
    for (const watched of this.#releases.values()) for (const stream of watched?.streams ?? []) stream.isTouched = false;
  }

  async #watched({ releaseId, model }: FollowedRequest, shape: RoutingTrace): Promise<WatchedRelease | null> {
    const known = this.#releases.get(releaseId);
    if (known !== undefined) return known;
    const baseline = baselineInForce(this.#adopted, model, releaseId, shape);
    const wanted = baseline === null ? 0 : baseline.layers * (1 + baseline.options.segments.length);
    const watched = baseline === null || baseline.threshold === null || this.streams + wanted > this.maxStreams ? null : await this.#open(releaseId, model, baseline, baseline.threshold);
    // Asked again when the adopted baselines change, when another release goes, or after a restart.
    this.#releases.set(releaseId, watched);
    return watched;
  }

  async #open(releaseId: string, model: string, baseline: Baseline, threshold: number): Promise<WatchedRelease> {
    const kept = new Map((await this.states.ofRelease(releaseId)).filter(({ baselineId }) => baselineId === baseline.id).map((stream) => [`${stream.layer}/${stream.segmentKey}`, stream]));
    const streams: Stream[] = [];
    for (let layer = 0; layer < baseline.layers; layer += 1) {
      for (const segment of [{}, ...baseline.options.segments] as SegmentLabels[]) {
        const segmentKey = segmentKeyOf(segment);
        const frozen = await this.#baseline(baseline.id, layer, segmentKey);
        const before = kept.get(`${layer}/${segmentKey}`);
        const saved = before ? decodeState(before.bytes) : null;
        streams.push({
          layer, segment, segmentKey, labels: streamLabels(model, releaseId, layer, segment), baseline: frozen,
          state: saved?.state ?? newLayerStream(frozen, DEFAULT_STREAM), requests: before?.requests ?? 0, lastAtMs: saved?.lastAtMs ?? 0, isTouched: false,
        });
      }
    }
    return { releaseId, model, baseline, threshold, streams };
  }

  async #baseline(id: string, layer: number, segmentKey: string): Promise<LayerBaseline> {
    const key = `${id}/${layer}/${segmentKey}`;
    const known = this.#baselines.get(key);
    if (known) return known;
    const bytes = await this.baselines.layer(id, layer, segmentKey);
    if (bytes === null) throw new Error(`baseline ${id} has no layer ${layer} of segment ${segmentKey || 'all'}`);
    const decoded = decodeLayerBaseline(bytes);
    this.#baselines.set(key, decoded);
    return decoded;
  }
}

function stored({ releaseId, model, baseline }: WatchedRelease, { layer, segmentKey, state, requests, lastAtMs }: Stream): StoredStream {
  return { release: releaseId, layer, segmentKey, model, baselineId: baseline.id, requests, bytes: Buffer.from(JSON.stringify({ lastAtMs, state })) };
}

function decodeState(bytes: Uint8Array): { readonly lastAtMs: number; readonly state: LayerStreamState } {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as { lastAtMs: number; state: LayerStreamState };
}

function readingsOf({ baseline }: WatchedRelease, { labels, state, baseline: frozen, lastAtMs }: Stream): readonly Reading[] {
  const { mixShift, routerShift } = readLayer(state, frozen, DEFAULT_STREAM);
  return [toReading('mix-shift', mixShift, labels, lastAtMs, baseline.id), toReading('router-shift', routerShift, labels, lastAtMs, baseline.id)];
}

function toReading(signal: Signal, { valueBits, interval, alarm, evidence, requests, sinceMs, experts, exampleRequestIds, note }: StreamReading, labels: ReadingLabels, atMs: number, baselineId: string): Reading {
  const detail = { baselineId, requests, ...(alarm ? { experts, exampleRequestIds } : {}), ...(sinceMs === null ? {} : { sinceMs }), ...(note === null ? {} : { note }) };
  return { signal, labels, atMs, value: valueBits, interval, alarm, evidence, detail };
}
