import { declareLayers, type PlacedStream } from '#libs/detection/stream/across-streams';
import { type LayerBaseline } from '#libs/detection/stream/layer-baseline';
import { requestRouting } from '#libs/detection/stream/layer-requests';
import { newLayerStream, observeLayer, readLayer } from '#libs/detection/stream/layer-stream';
import { DEFAULT_STREAM } from '#libs/detection/stream/settings';
import { alarmThreshold } from '#libs/detection/usage-shift/settings';
import { seededRandom } from '#libs/stats/testing/random-requests';
import { decodeTrace, encodeTrace } from '#libs/trace/codec';
import { type RoutingTrace } from '#libs/trace/trace';
import { accumulateUsage, emptyUsage } from '#libs/trace/usage';
import { drawTrace, freezeLayer, type Shape } from './shape.ts';

/** Different requests that are drawn from, with replacement. */
const POOL = 200;
const BASELINE_REQUESTS = 3000;
const REQUESTS_PER_MONTH = 36_000;

/** What the pipeline and the detectors do with one request each. */
export interface Work {
  readonly decode: (at: number) => void;
  readonly aggregate: (at: number) => void;
  readonly detect: (at: number) => void;
  /** Each layer routes otherwise than before: every direction is chosen anew. */
  readonly detectChanged: (at: number) => void;
  /** Reads every layer once. */
  readonly read: () => void;
  readonly stateBytes: () => number;
}

export function prepare(shape: Shape, seed: number): Work {
  const random = seededRandom(seed);
  const draw = (turned: number): RoutingTrace[] => Array.from({ length: POOL }, () => drawTrace(shape, turned, random));
  const traces = draw(0);
  const changed = draw(1);
  const encoded = traces.map(encodeTrace);
  const baselines = Array.from({ length: shape.layers }, (_, layer) => freezeLayer(traces, layer, BASELINE_REQUESTS, random));
  const threshold = alarmThreshold(2 * shape.layers, REQUESTS_PER_MONTH, 1);
  const usage = emptyUsage(shape.layers, shape.experts);
  const usual = streamsOf(baselines);
  const moved = streamsOf(baselines);
  return {
    decode: (at) => void decodeTrace(encoded[at % POOL]!),
    aggregate: (at) => accumulateUsage(usage, traces[at % POOL]!),
    detect: (at) => detect(usual, traces[Math.floor(random() * POOL)]!, threshold, at),
    detectChanged: (at) => detect(moved, changed[Math.floor(random() * POOL)]!, threshold, at),
    read: () => {
      for (const { state, baseline } of usual) readLayer(state, baseline, DEFAULT_STREAM);
    },
    stateBytes: () => Math.max(...usual.map(({ state }) => JSON.stringify(state).length)),
  };
}

function streamsOf(baselines: readonly LayerBaseline[]): PlacedStream[] {
  return baselines.map((baseline, layer) => ({ state: newLayerStream(baseline, DEFAULT_STREAM), baseline, layer, segmentKey: '' }));
}

function detect(streams: readonly PlacedStream[], trace: RoutingTrace, threshold: number, at: number): void {
  const observed = { requestId: `request-${at}`, atMs: at };
  for (const [layer, { state, baseline }] of streams.entries()) observeLayer(state, requestRouting(trace, layer), baseline, threshold, DEFAULT_STREAM, observed);
  declareLayers(streams, threshold, DEFAULT_STREAM, at);
}

/** Calls `step` for so many seconds; calls a second. */
export function rate(step: (at: number) => void, seconds: number): number {
  const start = performance.now();
  let at = 0;
  while (performance.now() - start < seconds * 1000) {
    step(at);
    at += 1;
  }
  return (at * 1000) / (performance.now() - start);
}
