import { type ExpertEvidence } from '../reading/reading.ts';
import { shiftEvidence } from '../usage-shift/shift-detector.ts';
import { decideCleared } from './cleared.ts';
import { type Effect, routingEffect, usageEffect } from './effect.ts';
import { type LatchedTest, newLatchedTest, type Observed, observeLatched } from './latched-test.ts';
import { type LayerBaseline, residualOf } from './layer-baseline.ts';
import { type LayerRequest } from './layer-requests.ts';
import { recentMean } from './recent-moments.ts';
import { type StreamSettings } from './settings.ts';
import { decideShiftKind, type ShiftKindDecision } from './shift-kind.ts';
import { namedExperts } from './which-experts.ts';

/** What is followed of one layer of a release in a segment. Plain data, so that it survives a restart as JSON. */
export interface LayerStreamState {
  readonly version: 1;
  readonly usage: LatchedTest;
  /** Null where the baseline knows no routing by token. */
  readonly residual: LatchedTest | null;
  /** Fading counts of requests, and of those that told of the router. */
  readonly told: { of: number; requests: number };
  /** What the raised alarms are about; kept until they are over. */
  kind: ShiftKindDecision;
}

/** What one test says of recent traffic. */
export interface StreamReading {
  /** Divergence of recent traffic to the baseline, bias-corrected; null before there is enough. */
  readonly valueBits: number | null;
  /** 95 % interval. */
  readonly interval: { readonly low: number; readonly high: number } | null;
  readonly alarm: boolean;
  /** Wealth at the last alarm while it lasts, else the present one. */
  readonly evidence: number;
  /** Requests of the stream that the test has seen. */
  readonly requests: number;
  readonly sinceMs: number | null;
  readonly experts: readonly ExpertEvidence[];
  readonly exampleRequestIds: readonly string[];
  readonly note: string | null;
}

export interface LayerReadings {
  readonly mixShift: StreamReading;
  /** Its value is a lower bound of the divergence, see routingEffect. */
  readonly routerShift: StreamReading;
}

const NO_ALARM: ShiftKindDecision = { kind: 'none', reason: 'no-alarm' };
/** What is decided about raised alarms is looked at each so many requests. */
const DECIDE_EVERY = 8;
/** Short, so that traffic without token ids is known as such before usage alarms. */
const TOLD_HALF_LIFE_REQUESTS = 16;

export function newLayerStream(baseline: LayerBaseline, settings: StreamSettings): LayerStreamState {
  return {
    version: 1,
    usage: newLatchedTest(baseline.usage.experts, settings),
    residual: baseline.residual ? newLatchedTest(baseline.residual.experts, settings) : null,
    told: { of: 0, requests: 0 },
    kind: NO_ALARM,
  };
}

/**
 * Takes one request in; changes `state`. A request without selections is no request of this layer.
 * Cost: linear in experts x (half-lives + known tokens).
 * @param threshold alarmThreshold of the budget; usage and routing are two streams of it
 */
export function observeLayer(state: LayerStreamState, request: LayerRequest, baseline: LayerBaseline, threshold: number, settings: StreamSettings, observed: Observed): void {
  if (request.shares.length !== baseline.experts) throw new RangeError(`the request has shares of ${request.shares.length} experts, the baseline of ${baseline.experts}; freeze a baseline of this release`);
  if (!request.shares.some((share) => share > 0)) return;
  const usageAlarm = observeLatched(state.usage, request.shares, baseline.usage, baseline.usageExpertBounds, threshold, settings, observed);
  const routingAlarm = observeRouting(state, request, baseline, threshold, settings, observed);
  if (state.usage.latch === null && !state.residual?.latch) return;
  const isDue = state.usage.shift.requests % DECIDE_EVERY === 0;
  if (isDue) clearLatches(state, baseline, settings);
  if (isDue || usageAlarm || routingAlarm) decideKind(state, baseline, settings, usageAlarm, routingAlarm);
}

function observeRouting(state: LayerStreamState, request: LayerRequest, baseline: LayerBaseline, threshold: number, settings: StreamSettings, observed: Observed): boolean {
  const { routing, residual } = baseline;
  if (state.residual === null || routing === null || residual === null) return false;
  const values = residualOf(routing, request.rows, settings);
  const fade = 0.5 ** (1 / TOLD_HALF_LIFE_REQUESTS);
  state.told.of = state.told.of * fade + 1;
  state.told.requests = state.told.requests * fade + (values === null ? 0 : 1);
  return values !== null && observeLatched(state.residual, values, residual, baseline.residualExpertBounds, threshold, settings, observed);
}

function clearLatches(state: LayerStreamState, baseline: LayerBaseline, settings: StreamSettings): void {
  const effects = effectsOf(state, baseline, settings);
  clearLatch(state.usage, effects.usage, baseline.noiseFloorBits, settings);
  if (state.residual) clearLatch(state.residual, effects.routing, baseline.routingFloorBits, settings);
}

function clearLatch(test: LatchedTest, effect: Effect | null, noiseFloorBits: number, { clear }: StreamSettings): void {
  if (test.latch === null || effect === null) return;
  const quietRequests = test.shift.requests - test.latch.lastRequest;
  const { isCleared } = decideCleared({ quietRequests, tookRequests: test.latch.tookRequests, effectBits: effect.bits, noiseFloorBits }, clear);
  if (!isCleared) return;
  test.latch = null;
  test.examples = [];
}

/** A decision stands until its alarm is over; only an alarm that comes later may change it. */
function decideKind(state: LayerStreamState, baseline: LayerBaseline, settings: StreamSettings, usageAlarm: boolean, routingAlarm: boolean): void {
  const { usage, residual, kind } = state;
  const isRoutingRaised = residual !== null && residual.latch !== null;
  if (usage.latch === null && !isRoutingRaised) {
    state.kind = NO_ALARM;
    return;
  }
  // What is left of the usage after the router went back is still the router's, until it alarms anew.
  if (kind.kind === 'router' && (isRoutingRaised || !usageAlarm)) return;
  if (kind.kind === 'mix' && !routingAlarm) return;
  const effects = effectsOf(state, baseline, settings);
  // A stream that has just begun knows no sizes yet to weigh against each other.
  if (effects.usage === null || (effects.routing === null && (isRoutingRaised || canTell(state, settings)))) return;
  const first = Math.max(
    usage.latch ? usage.shift.requests - usage.latch.firstRequest : 0,
    residual?.latch ? residual.shift.requests - residual.latch.firstRequest : 0,
  );
  state.kind = decideShiftKind(
    {
      isUsageRaised: usage.latch !== null,
      isRoutingRaised,
      canTell: canTell(state, settings),
      usageBits: effects.usage?.bits ?? 0,
      usageFloorBits: baseline.noiseFloorBits,
      routingBits: effects.routing?.bits ?? 0,
      routingFloorBits: baseline.routingFloorBits,
      requestsSince: first,
    },
    settings.kind,
  );
}

/** Whether tokens are routed differently by no more than other contexts may explain, see KindSettings.contextShare. */
export function isWithinContext({ state, baseline }: { readonly state: LayerStreamState; readonly baseline: LayerBaseline }, settings: StreamSettings): boolean {
  const { usage, routing } = effectsOf(state, baseline, settings);
  return usage !== null && routing !== null && usage.bits > baseline.noiseFloorBits && routing.bits < settings.kind.contextShare * usage.bits;
}

interface Effects {
  readonly usage: Effect | null;
  readonly routing: Effect | null;
  /** Mean shares of recent traffic, and those that its tokens had in the baseline. */
  readonly shares: Float64Array;
  readonly expectedShares: Float64Array;
}

function effectsOf({ usage, residual }: LayerStreamState, baseline: LayerBaseline, { minRequests }: StreamSettings): Effects {
  const recent = usage.shift.requests >= minRequests ? recentMean(usage.recent) : null;
  const shares = Float64Array.from(baseline.usage.mean, (share, j) => share + (recent?.difference[j] ?? 0));
  const routed = residual && residual.shift.requests >= minRequests ? recentMean(residual.recent) : null;
  return {
    usage: recent ? usageEffect(recent, baseline.usage) : null,
    routing: routed && baseline.residual ? routingEffect(routed, baseline.residual, shares) : null,
    shares,
    expectedShares: shares.map((share, j) => share - (routed?.difference[j] ?? 0)),
  };
}

/** What the stream says now. Costs experts^2; call it when a reading is due, not at each request. */
export function readLayer(state: LayerStreamState, baseline: LayerBaseline, settings: StreamSettings): LayerReadings {
  const { usage, residual, kind } = state;
  const effects = effectsOf(state, baseline, settings);
  const mixAlarm = kind.kind === 'mix' && usage.latch !== null;
  const routerAlarm = kind.kind === 'router' && residual !== null && residual.latch !== null;
  const experts = (test: LatchedTest, of: typeof baseline.usage, before: ArrayLike<number>): ExpertEvidence[] =>
    test.latch ? namedExperts(test.latch.experts, of, effects.shares, before, baseline.experts, settings.expertLevel) : [];
  return {
    mixShift: readingOf(usage, effects.usage, mixAlarm, mixAlarm ? experts(usage, baseline.usage, baseline.usage.mean) : [], mixNote(state)),
    routerShift:
      residual && baseline.residual
        ? readingOf(residual, effects.routing, routerAlarm, routerAlarm ? experts(residual, baseline.residual, effects.expectedShares) : [], routerNote(state, settings))
        : { valueBits: null, interval: null, alarm: false, evidence: 0, requests: 0, sinceMs: null, experts: [], exampleRequestIds: [], note: 'The baseline has too few requests with token ids to test the router by itself.' },
  };
}

function readingOf(test: LatchedTest, effect: Effect | null, alarm: boolean, experts: readonly ExpertEvidence[], note: string | null): StreamReading {
  return {
    valueBits: effect?.bits ?? null,
    interval: effect?.interval() ?? null,
    alarm,
    evidence: test.latch?.evidence ?? shiftEvidence(test.shift),
    requests: test.shift.requests,
    sinceMs: alarm ? (test.latch?.sinceMs ?? null) : null,
    experts,
    exampleRequestIds: alarm ? test.examples.map(({ requestId }) => requestId) : [],
    note,
  };
}

function canTell({ residual, told }: LayerStreamState, { kind }: StreamSettings): boolean {
  return residual !== null && told.requests >= kind.minToldShare * told.of;
}

function mixNote({ usage, kind }: LayerStreamState): string | null {
  if (usage.latch === null) return null;
  switch (kind.reason) {
    case 'cannot-be-told-apart':
      return 'Without known token ids a change of the traffic cannot be told from one of the router.';
    case 'earlier-layer-tells-of-traffic':
    case 'tokens-explain-most':
      return 'The tokens explain most of it; they are also routed a little differently, as their context is another.';
    case 'tokens-route-differently':
      return 'Usage moved because the same tokens are routed differently: see router-shift.';
    case 'earlier-layer-routes-differently':
      return 'Usage moved because the router of an earlier layer did: see its router-shift.';
    case 'routing-test-pending':
      return 'Usage moved; whether the router did is still being tested.';
    default:
      return null;
  }
}

function routerNote(state: LayerStreamState, settings: StreamSettings): string | null {
  const { residual, kind } = state;
  if (!canTell(state, settings)) return 'Too few requests carry tokens that the baseline knows; the router is not tested by itself.';
  if (residual?.latch && kind.reason === 'tokens-explain-most') return 'Tokens are routed a little differently, as is expected when the traffic changes: see mix-shift.';
  return null;
}
