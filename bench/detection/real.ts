import { type LayerRequest } from '#libs/detection/stream/layer-requests';
import { jensenShannonBits } from '#libs/stats/divergence';
import { type RoutingPools } from './pools/pool-file.ts';
import { type Change, CONTROL, meanUsage, type Pool, poolOf, type Setting, weightsAt } from './traffic.ts';

/** Changes of the traffic: factors on the weights of english, german, french, spanish, python, javascript, bible, dictionary. */
const MIXES = [
  { name: 'german x 1.5', mix: [1, 1.5, 1, 1, 1, 1, 1, 1] },
  { name: 'german x 3', mix: [1, 3, 1, 1, 1, 1, 1, 1] },
  { name: 'code x 3', mix: [1, 1, 1, 1, 3, 3, 1, 1] },
  { name: 'german only', mix: [0, 1, 0, 0, 0, 0, 0, 0] },
];

/** Real routing of the demo model, [layers] streams, resampled. Traffic of an hour changes by intent in a diurnal one, so only releases change there. */
export function realSetting(routing: RoutingPools, isDiurnal: boolean): Setting {
  const { experts, layers, domains } = routing;
  const pools = poolsOf(routing, routing.decisions, routing.tableRequests, routing.tableRequests + routing.poolRequests);
  const plain: Setting = { name: '', experts, streams: layers, pools, changes: [], isDiurnal };
  const released = routing.changes.map(({ name, decisions }): Change => sized(plain, { name, sizeBits: 0, pools: poolsOf(routing, decisions, 0, routing.poolRequests), mix: null }));
  const mixed = isDiurnal ? [] : MIXES.map(({ name, mix }): Change => sized(plain, { name, sizeBits: 0, pools, mix }));
  return { ...plain, name: `real routing, ${layers} layers x ${experts} experts, ${isDiurnal ? `${domains.length} domains that take turns over the day` : 'steady'}`, changes: [{ name: CONTROL, sizeBits: 0, pools, mix: null }, ...released, ...mixed] };
}

function sized(before: Setting, change: Change): Change {
  const even = weightsAt({ ...before, isDiurnal: false }, 0);
  const bits = Array.from({ length: before.streams }, (_, stream) => jensenShannonBits(meanUsage(before.pools, stream, before.experts, even), meanUsage(change.pools, stream, before.experts, change.mix ?? even)) ?? 0);
  return { ...change, sizeBits: Math.max(...bits) };
}

/** Requests `from` to `until` of each domain; rows of changed releases begin at the first of them. */
function poolsOf(routing: RoutingPools, decisions: Uint8Array, from: number, until: number): Pool[] {
  const { experts, layers, domains } = routing;
  const rows = rowsOf(routing, decisions);
  return domains.map((_, domain) => {
    const counts = Array.from({ length: layers }, () => new Uint16Array((until - from) * experts));
    for (let at = from; at < until; at += 1) {
      const { first, end } = rows(domain, at);
      for (let row = first; row < end; row += 1) {
        for (let layer = 0; layer < layers; layer += 1) {
          const pair = decisions[row * layers + layer]!;
          counts[layer]![(at - from) * experts + (pair >> 4)]! += 1;
          counts[layer]![(at - from) * experts + (pair & 15)]! += 1;
        }
      }
    }
    return poolOf(counts, experts);
  });
}

/** Where the rows of a domain's request lie in `decisions`, and at which row its tokens begin. */
function rowsOf(routing: RoutingPools, decisions: Uint8Array): (domain: number, request: number) => { first: number; end: number; firstToken: number } {
  const { firstRow, tableRequests, poolRequests, layers } = routing;
  const each = tableRequests + poolRequests;
  if (decisions === routing.decisions) {
    return (domain, request) => ({ first: firstRow[domain * each + request]!, end: firstRow[domain * each + request + 1]!, firstToken: firstRow[domain * each + request]! });
  }
  // Changed releases have no rows of the requests that the token table is counted from.
  const skipped = Uint32Array.from({ length: routing.domains.length }, (_, domain) => firstRow[domain * each + tableRequests]! - firstRow[domain * each]!);
  const before = skipped.map((_, domain) => skipped.subarray(0, domain + 1).reduce((a, b) => a + b, 0));
  if (decisions.length !== (firstRow.at(-1)! - (before.at(-1) ?? 0)) * layers) throw new Error('the pools of a changed release do not fit: make them again with --make-pools');
  return (domain, request) => {
    const at = domain * each + tableRequests + request;
    return { first: firstRow[at]! - before[domain]!, end: firstRow[at + 1]! - before[domain]!, firstToken: firstRow[at]! };
  };
}

/** One request in all layers, with its tokens. */
export type RoutedRequest = readonly LayerRequest[];

/** Share of the pool that streams; the rest and the table requests make the baseline. */
const STREAMED_SHARE = 0.5;

/** Requests with tokens: all that the baseline is made of; by domain what streams, and what streams under each changed release. */
export interface TokenPools {
  readonly reference: readonly RoutedRequest[];
  readonly plain: readonly (readonly RoutedRequest[])[];
  readonly changed: readonly { readonly name: string; readonly pools: () => readonly (readonly RoutedRequest[])[] }[];
}

export function tokenPools(routing: RoutingPools): TokenPools {
  const { tableRequests, poolRequests } = routing;
  // Changed releases have no table requests, so streams come from the end of the pool.
  const streamed = Math.floor(poolRequests * STREAMED_SHARE);
  const split = poolRequests - streamed;
  return {
    reference: routedOf(routing, routing.decisions, 0, tableRequests + split).flat(),
    plain: routedOf(routing, routing.decisions, tableRequests + split, tableRequests + poolRequests),
    changed: routing.changes.map(({ name, decisions }) => ({ name, pools: () => routedOf(routing, decisions, split, poolRequests) })),
  };
}

export const TRAFFIC_MIXES: readonly { readonly name: string; readonly mix: readonly number[] }[] = MIXES;

function routedOf(routing: RoutingPools, decisions: Uint8Array, from: number, until: number): RoutedRequest[][] {
  const { experts, layers, tokenIds } = routing;
  const rows = rowsOf(routing, decisions);
  return routing.domains.map((_, domain) =>
    Array.from({ length: until - from }, (_unused, at) => {
      const { first, end, firstToken } = rows(domain, from + at);
      const tokens = tokenIds.subarray(firstToken, firstToken + end - first);
      const expertIds = new Uint8Array((end - first) * layers * 2);
      for (let cell = 0; cell < (end - first) * layers; cell += 1) {
        const pair = decisions[first * layers + cell]!;
        expertIds[cell * 2] = pair >> 4;
        expertIds[cell * 2 + 1] = pair & 15;
      }
      return Array.from({ length: layers }, (_layer, layer) => {
        const shares = new Float32Array(experts);
        for (let row = 0; row < tokens.length; row += 1) {
          shares[expertIds[(row * layers + layer) * 2]!]! += 0.5 / tokens.length;
          shares[expertIds[(row * layers + layer) * 2 + 1]!]! += 0.5 / tokens.length;
        }
        return { shares, rows: { tokenIds: tokens, expertIds, offset: layer * 2, stride: layers * 2, topK: 2 } };
      });
    }),
  );
}
