import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { correlatedRequest, seededRandom } from '#libs/stats/testing/random-requests';
import { declareLayers, declareStreams } from './across-streams.ts';
import { freezeLayerBaseline } from './layer-baseline.ts';
import { type LayerRequest, requestRouting } from './layer-requests.ts';
import { newLayerStream, observeLayer } from './layer-stream.ts';
import { DEFAULT_LAYER_BASELINE, DEFAULT_STREAM } from './settings.ts';
import { permuted, type SimulatedDomain, simulatedDomain, simulatedRouter, simulatedTrace } from './testing/simulated-traffic.ts';

it('declares what the rule says, worked by hand', () => {
  // At a threshold of 100 the k-th largest needs 100, 50, 33.3, 25.
  expect(declareStreams([120, 10, 1, 1], 100)).toEqual([0]);
  expect(declareStreams([1, 60, 55, 1], 100)).toEqual([1, 2]);
  expect(declareStreams([40, 40, 30, 1], 100)).toEqual([]);
  expect(declareStreams([40, 40, 34, 1], 100)).toEqual([0, 1, 2]);
  expect(declareStreams([26, 25, 25, 25], 100)).toEqual([0, 1, 2, 3]);
});

it('declares every stream that alarms by itself, and never one below one with less wealth', () => {
  expect.hasAssertions();
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 }), fc.double({ min: 1, max: 1e5, noNaN: true }), (wealths, threshold) => {
      const declared = new Set(declareStreams(wealths, threshold));
      const least = Math.min(Infinity, ...[...declared].map((index) => wealths[index]!));
      for (const [index, wealth] of wealths.entries()) {
        if (wealth >= threshold) expect(declared.has(index)).toBe(true);
        if (wealth > least) expect(declared.has(index)).toBe(true);
      }
    }),
  );
});

it('declares false streams within its budget: patience x streams / threshold on average', () => {
  const random = seededRandom(77);
  const streams = 10;
  const threshold = 500;
  const runs = 400;
  let declaredFirst = 0;
  let waited = 0;
  for (let run = 0; run < runs; run += 1) {
    const wealth = Array.from({ length: streams }, () => 1);
    let at = 0;
    for (; at < 500; at += 1) {
      for (let k = 0; k < streams; k += 1) wealth[k] = Math.max(1, wealth[k]!) * (random() < 0.5 ? 0.7 : 1.3);
      if (declareStreams(wealth, threshold).length > 0) {
        declaredFirst += 1;
        break;
      }
    }
    waited += at;
  }
  // All streams are as they were, so the share of false ones is 1 as soon as one is declared. Its standard error here is 0.025.
  expect(declaredFirst / runs).toBeLessThanOrEqual(((waited / runs) * streams) / threshold + 0.05);
});

it('finds many streams that move together sooner than one would be found by itself', () => {
  let random = seededRandom(5);
  const usual = [0.2, 0.18, 0.15, 0.12, 0.1, 0.1, 0.08, 0.07];
  const moved = [0.24, 0.14, 0.15, 0.12, 0.1, 0.1, 0.08, 0.07];
  const draw = (p: readonly number[]): Float32Array => Float32Array.from(correlatedRequest(random, p, 120, 0.03), (count) => count / 120);
  const baseline = freezeLayerBaseline(Array.from({ length: 3000 }, () => ({ mix: 'all', request: { shares: draw(usual), rows: null } })), DEFAULT_LAYER_BASELINE);
  const threshold = 100_000;
  const untilAlarm = (isTogether: boolean): number => {
    // The same requests for both.
    random = seededRandom(6);
    const streams = Array.from({ length: 10 }, (_, layer) => ({ state: newLayerStream(baseline, DEFAULT_STREAM), baseline, layer, segmentKey: '' }));
    for (let at = 1; at <= 1500; at += 1) {
      for (const { state } of streams) observeLayer(state, { shares: draw(moved), rows: null }, baseline, threshold, DEFAULT_STREAM, { requestId: `r${at}`, atMs: at });
      if (isTogether) declareLayers(streams, threshold, DEFAULT_STREAM, at);
      if (streams.filter(({ state }) => state.usage.latch !== null).length >= 8) return at;
    }
    return Infinity;
  };
  expect(untilAlarm(true)).toBeLessThan(untilAlarm(false));
});

it('takes usage that moves after a router of an earlier layer for its doing, but not what moved long before', () => {
  const shares = Float32Array.of(0.5, 0.5);
  const baseline = freezeLayerBaseline(Array.from({ length: 1000 }, (_, at) => ({ mix: 'all', request: { shares: at % 2 ? shares : Float32Array.of(0.4, 0.6), rows: null } })), DEFAULT_LAYER_BASELINE);
  const latched = (firstRequest: number) => ({ sinceMs: 1, firstRequest, lastRequest: firstRequest, tookRequests: 10, evidence: 100, experts: { requests: 0, wealth: [] } });
  const stream = (layer: number, segmentKey: string) => ({ state: { ...newLayerStream(baseline, DEFAULT_STREAM), residual: newLayerStream(baseline, DEFAULT_STREAM).usage }, baseline, layer, segmentKey });
  const streams = [stream(0, ''), stream(1, ''), stream(2, ''), stream(2, 'tenant=a'), stream(3, '')];
  for (const [at, first] of [900, 1000, 950, 950, 400].entries()) {
    const { state } = streams[at]!;
    state.usage.latch = latched(first);
    state.kind = { kind: 'mix', reason: 'tokens-explain-it' };
  }
  streams[1]!.state.residual.latch = latched(1000);
  streams[1]!.state.kind = { kind: 'router', reason: 'tokens-route-differently' };
  declareLayers(streams, 1e6, DEFAULT_STREAM, 5);
  expect(streams.map(({ state }) => state.kind.kind)).toEqual(['mix', 'router', 'router', 'mix', 'mix']);
  expect(streams[2]!.state.kind.reason).toBe('earlier-layer-routes-differently');
});

it('takes tokens that other traffic routes differently in later layers for its doing, and a router of a later layer for a router', () => {
  const random = seededRandom(43);
  const words = Array.from({ length: 300 }, (_, at) => at);
  const routers = [0, 1].map(() => simulatedRouter(300, 8, 2, random));
  const usual = simulatedDomain(words, 8, 0, random);
  // The same words in other shares: the first layer knows no context, in the second one it tells much.
  const other = [0, 0.3].map((context) => simulatedDomain(words, 8, context, random));
  const draw = (layer: number, domain: SimulatedDomain, router = routers[layer]!) => requestRouting(simulatedTrace(router, domain, 80, random), 0);
  const baselines = [0, 1].map((layer) => freezeLayerBaseline(Array.from({ length: 3000 }, () => ({ mix: 'all', request: draw(layer, usual) })), DEFAULT_LAYER_BASELINE));
  const kindsAfter = (layers: readonly number[], next: (layer: number) => LayerRequest): string[] => {
    const streams = layers.map((layer) => ({ state: newLayerStream(baselines[layer]!, DEFAULT_STREAM), baseline: baselines[layer]!, layer, segmentKey: '' }));
    for (let at = 1; at <= 600; at += 1) {
      for (const { state, baseline, layer } of streams) observeLayer(state, next(layer), baseline, 10_000, DEFAULT_STREAM, { requestId: `r${at}`, atMs: at });
      declareLayers(streams, 10_000, DEFAULT_STREAM, at);
    }
    return streams.map(({ state }) => state.kind.kind);
  };
  expect(kindsAfter([1], (layer) => draw(layer, other[layer]!))).toEqual(['router']);
  expect(kindsAfter([0, 1], (layer) => draw(layer, other[layer]!))).toEqual(['mix', 'mix']);
  const scrambled = permuted(routers[1]!, [3, 0, 5, 1, 7, 2, 4, 6]);
  expect(kindsAfter([0, 1], (layer) => draw(layer, usual, layer === 1 ? scrambled : routers[layer]))).toEqual(['none', 'router']);
});
