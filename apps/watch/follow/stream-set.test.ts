import { expect, it } from 'vitest';
import { encodeLayerBaseline } from '#libs/detection/stream/layer-baseline-codec';
import { freezeLayerBaseline } from '#libs/detection/stream/layer-baseline';
import { requestRouting } from '#libs/detection/stream/layer-requests';
import { DEFAULT_LAYER_BASELINE } from '#libs/detection/stream/settings';
import { simulatedDomain, simulatedRouter, simulatedTrace } from '#libs/detection/stream/testing/simulated-traffic';
import { seededRandom } from '#libs/stats/testing/random-requests';
import { type Baseline } from '#libs/store/detection/baseline';
import { Pace } from './pace.ts';
import { StreamSet } from './stream-set.ts';

const [FIRST, SECOND] = ['a'.repeat(64), 'b'.repeat(64)];
const random = seededRandom(4);
const router = simulatedRouter(50, 8, 2, random);
const domain = simulatedDomain(Array.from({ length: 50 }, (_, token) => token), 8, 0, random);
const traces = Array.from({ length: 50 }, () => simulatedTrace(router, domain, 20, random));
const bytes = encodeLayerBaseline(freezeLayerBaseline(Array.from({ length: 1200 }, (_, at) => ({ mix: 'all', request: requestRouting(traces[at % traces.length]!, 0) })), DEFAULT_LAYER_BASELINE));

const adopted: Baseline = {
  id: 'one', model: 'm', releaseId: FIRST, layers: traces[0]!.layers, experts: 8, state: 'ready', generation: 2, fromMs: 0, toMs: 1,
  options: { sampleRequests: 1200, segments: [], mixByHour: false, mixBySegment: null, adoptFirst: false },
  layersDone: 1, requests: 1200, requestsPerMonth: 30_000, threshold: 120_000, note: null, createdBy: 'user:a', createdByIssuers: [], createdAtMs: 0, endedAtMs: 1, adoptedAtMs: 1, adoptedBy: 'user:b', adoptedReason: 'r',
};

it('watches a release for which there was no room as soon as another one has gone', async () => {
  const streams = new StreamSet({ ofRelease: async () => [] }, { layer: async () => bytes }, adopted.layers);
  streams.adopt([adopted]);
  const observe = (releaseId: string): Promise<boolean> => streams.observe({ requestId: 'r', atMs: 1, model: 'm', releaseId, segment: { tenant: '', task: '', language: '' }, sealedTrace: new Uint8Array(), hasNoTrace: false }, traces[0]!, new Pace());
  expect(await observe(FIRST)).toBe(true);
  expect(await observe(SECOND)).toBe(false);
  streams.drop(FIRST);
  expect(await observe(SECOND)).toBe(true);
  expect(streams.streams).toBe(adopted.layers);
});
