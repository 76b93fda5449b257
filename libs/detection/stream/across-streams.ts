import { eBenjaminiHochberg } from '#libs/stats/e-benjamini-hochberg';
import { type UsageBaseline } from '../baseline/usage-baseline.ts';
import { shiftEvidence } from '../usage-shift/shift-detector.ts';
import { declareTest, type LatchedTest, presentEvidence, SUSPICION } from './latched-test.ts';
import { type LayerBaseline } from './layer-baseline.ts';
import { isWithinContext, type LayerStreamState } from './layer-stream.ts';
import { type StreamSettings } from './settings.ts';

/**
 * The e-d-BH rule: which of all streams to declare at one moment, from the wealths of their
 * e-detectors. The k largest for the largest k whose k-th is at least threshold / k, which is e-BH at
 * level streams / threshold. The share of false ones among those declared, over the time waited, is then
 * at most 1 in threshold / streams requests, at any stopping time and however the streams depend on each other.
 * Source: Dandapanthula & Ramdas 2025 (arXiv 2501.04130), error over patience.
 * Returns ascending indices.
 * @param wealths of e-detectors that began at or below 1 a request
 * @param threshold of a single stream, see alarmThreshold
 */
export function declareStreams(wealths: readonly number[], threshold: number): number[] {
  return eBenjaminiHochberg(wealths, wealths.length / threshold);
}

/** A stream of a release: its layer, and the segment whose layers belong together. */
export interface PlacedStream {
  readonly state: LayerStreamState;
  readonly baseline: LayerBaseline;
  readonly layer: number;
  readonly segmentKey: string;
}

interface Candidate {
  readonly test: LatchedTest;
  readonly baseline: UsageBaseline;
  readonly evidence: number;
}

/**
 * Call after the streams of a release have seen a request: raises the alarms of those that the rule
 * declares besides the ones that raised theirs by themselves. Many layers that move a little at once are
 * so found before any one of them would be. Then attributes what the traffic did, and a router, to the layers after.
 * Changes the states.
 */
export function declareLayers(streams: readonly PlacedStream[], threshold: number, settings: StreamSettings, atMs: number): void {
  const candidates: Candidate[] = [];
  let largest = 0;
  const add = (test: LatchedTest | null, baseline: UsageBaseline | null): void => {
    if (test === null || baseline === null) return;
    const evidence = presentEvidence(test);
    largest = Math.max(largest, evidence);
    candidates.push({ test, baseline, evidence });
  };
  for (const { state, baseline } of streams) {
    add(state.usage, baseline.usage);
    add(state.residual, baseline.residual);
  }
  if (largest * candidates.length >= threshold) declareCandidates(candidates, threshold, settings, atMs);
  attributeToTraffic(streams, settings);
  attributeToEarlierRouters(streams, settings);
}

function declareCandidates(candidates: readonly Candidate[], threshold: number, settings: StreamSettings, atMs: number): void {
  for (const index of declareStreams(candidates.map(({ evidence }) => evidence), threshold)) {
    const { test, baseline } = candidates[index]!;
    if (test.latch?.lastRequest !== test.shift.requests) declareTest(test, baseline, threshold, settings, atMs);
  }
}

/**
 * A router changes nothing in the layers before its own; other traffic moves them too, and gives its tokens other
 * contexts in every layer. So where an earlier layer tells of other traffic at about the same time, tokens that
 * are routed differently are the traffic's doing, unless they are so by more than the layer's usage moved.
 */
function attributeToTraffic(streams: readonly PlacedStream[], settings: StreamSettings): void {
  for (const router of streams) {
    const { state } = router;
    const latch = state.residual?.latch;
    if (state.kind.reason !== 'tokens-route-differently' || !latch || !isWithinContext(router, settings)) continue;
    const earlier = streams.filter(({ segmentKey, layer }) => segmentKey === router.segmentKey && layer < router.layer);
    const isOfTraffic = earlier.some(({ state: { usage, kind } }) => kind.kind === 'mix' && usage.latch && Math.abs(usage.latch.firstRequest - latch.firstRequest) <= settings.kind.waitRequests);
    if (isOfTraffic) state.kind = { kind: 'mix', reason: 'earlier-layer-tells-of-traffic' };
    else if (earlier.some(({ state: { usage } }) => usage.latch === null && shiftEvidence(usage.shift) >= SUSPICION)) state.kind = { kind: 'pending', reason: 'usage-test-pending' };
  }
}

/**
 * A router that sends tokens elsewhere changes what all later layers see, and so their usage. Usage that began to
 * move there no sooner than the wait before it is the router's; the layers before it still tell of the traffic.
 */
function attributeToEarlierRouters(streams: readonly PlacedStream[], { kind }: StreamSettings): void {
  const routers = streams.filter(({ state }) => state.kind.reason === 'tokens-route-differently' && state.residual?.latch);
  if (routers.length === 0) return;
  for (const { state, layer, segmentKey } of streams) {
    const { latch } = state.usage;
    if (state.kind.kind !== 'mix' || latch === null) continue;
    const isAfter = routers.some(
      (router) => router.segmentKey === segmentKey && router.layer < layer && latch.firstRequest >= (router.state.residual?.latch?.firstRequest ?? Infinity) - kind.waitRequests,
    );
    if (isAfter) state.kind = { kind: 'router', reason: 'earlier-layer-routes-differently' };
  }
}
