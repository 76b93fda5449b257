import { beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '#libs/stats/testing/random-requests';
import { type RoutingTrace } from '#libs/trace/trace';
import { freezeLayerBaseline, type LayerBaseline } from './layer-baseline.ts';
import { requestRouting } from './layer-requests.ts';
import { type LayerReadings, type LayerStreamState, newLayerStream, observeLayer, readLayer } from './layer-stream.ts';
import { DEFAULT_LAYER_BASELINE, DEFAULT_STREAM } from './settings.ts';
import { biased, permuted, type SimulatedDomain, simulatedDomain, simulatedRouter, simulatedTrace } from './testing/simulated-traffic.ts';

const EXPERTS = 8;
const ROWS = 80;
const THRESHOLD = 10_000;
const SECOND = 1000;
const random = seededRandom(41);
const router = simulatedRouter(500, EXPERTS, 2, random);
const tokens = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);
const usual = simulatedDomain(tokens(0, 300), EXPERTS, 0, random);
/** The same words in other shares, in contexts that move their routing a little. */
const other = simulatedDomain(tokens(0, 300), EXPERTS, 0.05, random);
/** Half of the words have never been seen. */
const unseen = simulatedDomain(tokens(150, 450), EXPERTS, 0.05, random);
const scrambled = permuted(router, [3, 0, 5, 1, 7, 2, 4, 6]);

let baseline: LayerBaseline;
beforeAll(() => {
  const requests = Array.from({ length: 4000 }, () => ({ mix: 'all', request: requestRouting(simulatedTrace(router, usual, ROWS, random), 0) }));
  baseline = freezeLayerBaseline(requests, DEFAULT_LAYER_BASELINE);
}, 60_000);

interface Followed {
  /** Requests until each first alarmed, null where it did not. */
  readonly mixAfter: number | null;
  readonly routerAfter: number | null;
  /** Requests until neither alarmed any more, null where one still does. */
  readonly clearAfter: number | null;
  readonly last: LayerReadings;
}

function follow(state: LayerStreamState, count: number, draw: () => RoutingTrace, startMs = 0): Followed {
  let mixAfter: number | null = null;
  let routerAfter: number | null = null;
  let clearAfter: number | null = null;
  for (let at = 1; at <= count; at += 1) {
    observeLayer(state, requestRouting(draw(), 0), baseline, THRESHOLD, DEFAULT_STREAM, { requestId: `request-${startMs / SECOND + at}`, atMs: startMs + at * SECOND });
    if (at % 4 !== 0) continue;
    const { mixShift, routerShift } = readLayer(state, baseline, DEFAULT_STREAM);
    if (mixShift.alarm) mixAfter ??= at;
    if (routerShift.alarm) routerAfter ??= at;
    clearAfter = mixShift.alarm || routerShift.alarm ? null : (clearAfter ?? at);
  }
  return { mixAfter, routerAfter, clearAfter, last: readLayer(state, baseline, DEFAULT_STREAM) };
}

const of = (domain: SimulatedDomain, by = router) => () => simulatedTrace(by, domain, ROWS, random);

describe('a layer stream', () => {
  it('says nothing of traffic as it was, and shows no more than its noise floor', () => {
    const values: number[] = [];
    for (let stream = 0; stream < 10; stream += 1) {
      const { mixAfter, routerAfter, last } = follow(newLayerStream(baseline, DEFAULT_STREAM), 600, of(usual));
      expect([mixAfter, routerAfter]).toEqual([null, null]);
      values.push(last.mixShift.valueBits ?? 1);
      expect(last.mixShift.interval?.low).toBeLessThan(0.002);
    }
    // The floor is the 95th percentile: 4 or more of 10 above it have a probability below 0.002.
    expect(values.filter((bits) => bits > baseline.noiseFloorBits).length).toBeLessThan(4);
  });

  it.each([
    ['words in other shares', other],
    ['words never seen', unseen],
  ])('calls it a change of the traffic, never of the router: %s', (_, domain) => {
    for (let stream = 0; stream < 5; stream += 1) {
      const state = newLayerStream(baseline, DEFAULT_STREAM);
      follow(state, 300, of(usual));
      const { mixAfter, routerAfter, last } = follow(state, 1200, of(domain), 300 * SECOND);
      expect(mixAfter).toBeLessThan(300);
      expect(routerAfter).toBeNull();
      expect(last.mixShift.valueBits).toBeGreaterThan(baseline.noiseFloorBits);
      expect(last.mixShift.experts.length).toBeGreaterThan(0);
    }
  });

  it('calls a scrambled router a change of the router, and no change of the traffic', () => {
    for (let stream = 0; stream < 5; stream += 1) {
      const state = newLayerStream(baseline, DEFAULT_STREAM);
      follow(state, 300, of(usual));
      const { mixAfter, routerAfter, last } = follow(state, 600, of(usual, scrambled), 300 * SECOND);
      expect(routerAfter).toBeLessThan(150);
      expect(mixAfter).toBeNull();
      expect(last.mixShift.note ?? last.routerShift.note).toMatch(/routed differently|^$/);
      expect(last.routerShift.exampleRequestIds.length).toBeGreaterThan(0);
      expect(Math.abs((last.routerShift.sinceMs ?? 0) - 300 * SECOND)).toBeLessThan(60 * SECOND);
    }
  });

  it('names the expert that a router has come to prefer', () => {
    const state = newLayerStream(baseline, DEFAULT_STREAM);
    const { last } = follow(state, 500, of(usual, biased(router, 3, 1.5)));
    expect(last.routerShift.alarm).toBe(true);
    expect(last.routerShift.experts[0]).toMatchObject({ expert: 3 });
    expect(last.routerShift.experts[0]?.eValue).toBeGreaterThan(160);
    expect(last.routerShift.experts[0]?.share).toBeGreaterThan(last.routerShift.experts[0]?.baselineShare ?? 1);
  });

  it.each([
    ['the traffic', of(other)],
    ['the router', of(usual, scrambled)],
  ])('clears when %s is back for some hundred requests, and says nothing false meanwhile', (what, draw) => {
    for (let stream = 0; stream < 5; stream += 1) {
      const state = newLayerStream(baseline, DEFAULT_STREAM);
      const changed = follow(state, 400, draw);
      expect(changed.last.mixShift.alarm || changed.last.routerShift.alarm).toBe(true);
      const { clearAfter, mixAfter, routerAfter } = follow(state, 1200, of(usual), 400 * SECOND);
      expect(clearAfter).toBeLessThan(700);
      expect(what === 'the router' ? mixAfter : routerAfter).toBeNull();
    }
  });

  it('cannot tell without token ids, and says so', () => {
    const state = newLayerStream(baseline, DEFAULT_STREAM);
    const { mixAfter, routerAfter, last } = follow(state, 500, () => ({ ...simulatedTrace(scrambled, usual, ROWS, random), tokenIds: null }));
    expect(mixAfter).not.toBeNull();
    expect(routerAfter).toBeNull();
    expect(last.mixShift.note).toContain('cannot be told');
    expect(last.routerShift.note).toContain('Too few');
  });

  it('goes on from its JSON as if it had never stopped', () => {
    const stream = Array.from({ length: 300 }, (_, at) => simulatedTrace(at < 100 ? router : scrambled, usual, ROWS, random));
    const whole = newLayerStream(baseline, DEFAULT_STREAM);
    let parts = newLayerStream(baseline, DEFAULT_STREAM);
    for (const [at, trace] of stream.entries()) {
      const observed = { requestId: `r${at}`, atMs: at };
      observeLayer(whole, requestRouting(trace, 0), baseline, THRESHOLD, DEFAULT_STREAM, observed);
      parts = JSON.parse(JSON.stringify(parts)) as LayerStreamState;
      observeLayer(parts, requestRouting(trace, 0), baseline, THRESHOLD, DEFAULT_STREAM, observed);
    }
    expect(parts).toEqual(whole);
    expect(whole.residual?.latch).not.toBeNull();
  });

  it('leaves out a request without selections, and refuses one of another shape', () => {
    const state = newLayerStream(baseline, DEFAULT_STREAM);
    const observed = { requestId: 'r', atMs: 0 };
    observeLayer(state, { shares: new Float32Array(EXPERTS), rows: null }, baseline, THRESHOLD, DEFAULT_STREAM, observed);
    expect(state.usage.shift.requests).toBe(0);
    expect(() => observeLayer(state, { shares: new Float32Array(3), rows: null }, baseline, THRESHOLD, DEFAULT_STREAM, observed)).toThrow('3 experts');
    expect(readLayer(state, baseline, DEFAULT_STREAM).mixShift).toMatchObject({ valueBits: null, interval: null, alarm: false, experts: [] });
  });
});
