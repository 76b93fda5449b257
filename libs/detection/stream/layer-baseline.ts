import { type Calibration, freezeUsageBaseline, type UsageBaseline } from '../baseline/usage-baseline.ts';
import { kindOf, requestKinds } from '../router-shift/request-kinds.ts';
import { freezeTokenRouting, type RoutedRows, routingResidual, type TokenRouting } from '../router-shift/token-routing.ts';
import { type Effect, routingEffect, usageEffect } from './effect.ts';
import { type LayerRequest } from './layer-requests.ts';
import { addRecent, newRecentMoments, type RecentMean, recentMean } from './recent-moments.ts';
import { type LayerBaselineOptions, type StreamSettings } from './settings.ts';
import { expertBounds } from './which-experts.ts';

/** Shares of the token table of one layer at most: 1 MiB, 4,096 tokens of 64 experts or 1,024 of 256. */
export const MAX_TABLE_VALUES = 262_144;

/** Requests with known tokens, besides those of the table, for a residual's baseline; 900 requests with token ids give as many. */
const MIN_ROUTING_REQUESTS = 600;
/** Kinds of requests that the routing is calibrated by at most. */
const MAX_KINDS = 4;
/** With fewer requests of a kind its bound is so wide that no bet along any direction wins. */
const MIN_KIND_REQUESTS = 800;

/** Frozen reference of one layer. */
export interface LayerBaseline {
  readonly experts: number;
  readonly usage: UsageBaseline;
  /** Where tokens went; null with too few requests that carry token ids. */
  readonly routing: TokenRouting | null;
  /** Of routing residuals, [experts + 1]; null where `routing` is. */
  readonly residual: UsageBaseline | null;
  /** Of usage, bits. */
  readonly noiseFloorBits: number;
  /** Of the routing by token, bits; 0 where there is none. */
  readonly routingFloorBits: number;
  readonly usageExpertBounds: Float32Array;
  /** Empty where there is no routing. */
  readonly residualExpertBounds: Float32Array;
}

interface MixedRequest {
  readonly mix: string;
  readonly request: LayerRequest;
}

/**
 * Freezes one layer from recorded requests in order of time. Of those that carry token ids each third
 * one makes the token table, the others the residual's baseline: a table fits what it was made of better
 * than what comes.
 * @throws RangeError as freezeUsageBaseline does
 */
export function freezeLayerBaseline(requests: readonly MixedRequest[], options: LayerBaselineOptions): LayerBaseline {
  const usable = requests.filter(({ request }) => request.shares.some((share) => share > 0));
  const usage = freezeUsageBaseline(byMix(usable.map(({ mix, request }) => ({ mix, values: request.shares }))));
  const { experts } = usage;
  const { stream } = options;
  const routed = freezeRouting(usable, experts, options);
  return {
    experts,
    usage,
    routing: routed?.routing ?? null,
    residual: routed?.residual ?? null,
    noiseFloorBits: noiseFloor(usage, stream, (recent) => usageEffect(recent, usage)),
    routingFloorBits: routed ? noiseFloor(routed.residual, stream, (recent) => routingEffect(recent, routed.residual, usage.mean)) : 0,
    usageExpertBounds: expertBounds(usage, stream.detector.beta),
    residualExpertBounds: routed ? expertBounds(routed.residual, stream.detector.beta) : new Float32Array(0),
  };
}

/**
 * Routing by token depends on the context too, and with it on the kind of request. So the residual is
 * calibrated by kind, told by usage: any other mixture of the same kinds shows no more than the furthest
 * of them, and is no change of the router.
 */
function freezeRouting(requests: readonly MixedRequest[], experts: number, { maxTokens, minSightings, stream }: LayerBaselineOptions): { routing: TokenRouting; residual: UsageBaseline } | null {
  const withTokens = requests.flatMap(({ request: { shares, rows } }) => (rows ? [{ shares, rows }] : []));
  const forTable = withTokens.filter((_, at) => at % 3 === 0);
  const routing = freezeTokenRouting(forTable.map(({ rows }) => rows), experts, { maxTokens: Math.min(maxTokens, Math.floor(MAX_TABLE_VALUES / experts)), minSightings });
  const residuals = withTokens.flatMap(({ shares, rows }, at) => {
    const values = at % 3 === 0 ? null : residualOf(routing, rows, stream);
    return values ? [{ shares, values }] : [];
  });
  if (residuals.length < MIN_ROUTING_REQUESTS) return null;
  return { routing, residual: freezeUsageBaseline(byKind(residuals, forTable.map(({ shares }) => shares)), MIN_ROUTING_REQUESTS) };
}

/** As many kinds as leave each with enough requests; all requests as one kind if need be. */
function byKind(residuals: readonly { shares: Float32Array; values: Float32Array }[], learnt: readonly Float32Array[]): { name: string; shares: Float32Array[] }[] {
  for (let count = MAX_KINDS; count > 1; count -= 1) {
    if (residuals.length < count * MIN_KIND_REQUESTS) continue;
    const kinds = requestKinds(learnt, count);
    const groups = byMix(residuals.map(({ shares, values }) => ({ mix: `kind ${kindOf(kinds, shares)}`, values })));
    if (groups.every(({ shares }) => shares.length >= MIN_KIND_REQUESTS)) return groups;
  }
  return byMix(residuals.map(({ values }) => ({ mix: 'all', values })));
}

/** The residual of a request; null where too few of its tokens are known. */
export function residualOf(routing: TokenRouting, rows: RoutedRows | null, { minKnownRows }: StreamSettings): Float32Array | null {
  if (rows === null) return null;
  const { values, knownRows } = routingResidual(routing, rows);
  return knownRows >= minKnownRows ? values : null;
}

function byMix(requests: readonly { mix: string; values: Float32Array }[]): { name: string; shares: Float32Array[] }[] {
  const mixes = new Map<string, Float32Array[]>();
  for (const { mix, values } of requests) {
    const known = mixes.get(mix);
    if (known) known.push(values);
    else mixes.set(mix, [values]);
  }
  return [...mixes].map(([name, shares]) => ({ name, shares }));
}

/** The mixes' largest: divergence is convex, so traffic that mixes them shows no more than the furthest of them. */
function noiseFloor(baseline: UsageBaseline, settings: StreamSettings, effect: (recent: RecentMean) => Effect): number {
  return Math.max(0, ...baseline.calibrations.map((calibration) => mixFloor(baseline, calibration, settings, effect)));
}

function mixFloor(baseline: UsageBaseline, { requests, shares }: Calibration, settings: StreamSettings, effect: (recent: RecentMean) => Effect): number {
  const moments = newRecentMoments(baseline.experts);
  const every = 8;
  const bits: number[] = [];
  for (let at = 0; at < requests; at += 1) {
    addRecent(moments, shares, at * baseline.experts, baseline.mean, settings.recentHalfLifeRequests);
    const recent = at + 1 >= settings.minRequests && at % every === 0 ? recentMean(moments) : null;
    if (recent) bits.push(effect(recent).bits);
  }
  bits.sort((a, b) => a - b);
  return bits[Math.min(bits.length - 1, Math.floor(0.95 * bits.length))] ?? 0;
}
