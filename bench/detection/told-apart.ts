import { declareLayers } from '#libs/detection/stream/across-streams';
import { freezeLayerBaseline, type LayerBaseline } from '#libs/detection/stream/layer-baseline';
import { newLayerStream, observeLayer } from '#libs/detection/stream/layer-stream';
import { DEFAULT_LAYER_BASELINE, DEFAULT_STREAM } from '#libs/detection/stream/settings';
import { alarmThreshold } from '#libs/detection/usage-shift/settings';
import { type RoutedRequest, type TokenPools, TRAFFIC_MIXES } from './real.ts';
import { type ToldApart } from './results.ts';
import { randomOf } from './traffic.ts';
import { REQUESTS_PER_MONTH } from './stream-watch.ts';

const LEAD = 1000;
/** Requests after the change by which there must be a verdict. */
export const VERDICT_LIMIT = 3000;

type Pools = readonly (readonly RoutedRequest[])[];

interface Case {
  /** Row of the table. */
  readonly at: number;
  readonly change: string;
  readonly truth: ToldApart['truth'];
  readonly pools: () => Pools;
  readonly mix: readonly number[] | null;
}

/** Nothing, each change of the traffic, each changed release. */
export function toldApartCases(pools: TokenPools): Case[] {
  const cases: Omit<Case, 'at'>[] = [
    { change: 'nothing', truth: 'nothing', pools: () => pools.plain, mix: null },
    ...TRAFFIC_MIXES.map(({ name, mix }): Omit<Case, 'at'> => ({ change: name, truth: 'mix', pools: () => pools.plain, mix })),
    ...pools.changed.map(({ name, pools: changed }): Omit<Case, 'at'> => ({ change: name, truth: name.startsWith('experts') ? 'weights' : 'router', pools: changed, mix: null })),
  ];
  return cases.map((one, at) => ({ at, ...one }));
}

/**
 * All layers follow one stream as the product does, with one false alarm a month allowed over all of
 * them. The baseline is made of each of its requests once, and none of them streams: a token table that has
 * seen the stream's requests would explain them too well.
 */
export function toldApart(reference: TokenPools, { at: row, change, truth, mix }: Case, changed: Pools, repeat: number, seed: number): ToldApart {
  const random = randomOf(seed, `told apart/${change}/${repeat}`);
  const even = reference.plain.map(() => 1);
  const baselines = freeze(shuffled(reference.reference, random));
  const threshold = alarmThreshold(2 * baselines.length, REQUESTS_PER_MONTH, 1);
  const states = baselines.map((baseline) => newLayerStream(baseline, DEFAULT_STREAM));
  const streams = states.map((state, layer) => ({ state, baseline: baselines[layer]!, layer, segmentKey: '' }));
  let requests: number | null = null;
  for (let at = 0; at < LEAD + VERDICT_LIMIT; at += 1) {
    const since = at - LEAD + 1;
    const one = since > 0 ? drawRouted(changed, mix ?? even, random) : drawRouted(reference.plain, even, random);
    for (const [layer, state] of states.entries()) {
      observeLayer(state, one[layer]!, baselines[layer]!, threshold, DEFAULT_STREAM, { requestId: '', atMs: at + 1 });
    }
    declareLayers(streams, threshold, DEFAULT_STREAM, at + 1);
    if (since > 0 && states.some((state) => state.kind.kind === 'mix' || state.kind.kind === 'router')) requests ??= since;
  }
  const saying = (kind: string): number[] => states.flatMap((state, layer) => (state.kind.kind === kind ? [layer] : []));
  const mixLayers = saying('mix');
  const routerLayers = saying('router');
  const isUndecided = saying('pending').length > 0;
  return { at: row, change, truth, repeat, verdict: verdictOf(mixLayers.length > 0, routerLayers.length > 0, isUndecided), requests, mixLayers, routerLayers };
}

function verdictOf(isMix: boolean, isRouter: boolean, isUndecided: boolean): ToldApart['verdict'] {
  if (isMix && isRouter) return 'both';
  if (isMix) return 'mix';
  if (isRouter) return 'router';
  return isUndecided ? 'undecided' : 'nothing';
}

function freeze(requests: readonly RoutedRequest[]): LayerBaseline[] {
  const layers = requests[0]!.length;
  return Array.from({ length: layers }, (_, layer) => freezeLayerBaseline(requests.map((request) => ({ mix: 'all', request: request[layer]! })), DEFAULT_LAYER_BASELINE));
}

/** Fisher and Yates. */
function shuffled(requests: readonly RoutedRequest[], random: () => number): RoutedRequest[] {
  const order = [...requests];
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    const held = order[other]!;
    order[other] = order[at]!;
    order[at] = held;
  }
  return order;
}

function drawRouted(pools: Pools, weights: readonly number[], random: () => number): RoutedRequest {
  let left = random() * weights.reduce((a, b) => a + b, 0);
  let domain = 0;
  while (domain < pools.length - 1 && left >= weights[domain]!) left -= weights[domain++]!;
  const pool = pools[domain]!;
  return pool[Math.floor(random() * pool.length)]!;
}
