import { seededRandom } from '#libs/stats/testing/random-requests';

/** Requests as one stream (a layer) sees them. */
export interface StreamRequests {
  /** How often each request selected each expert, [requests][experts]. */
  readonly counts: Uint16Array;
  /** The same as shares that sum to 1, one vector a request. */
  readonly shares: readonly Float32Array[];
}

/** Requests of one domain, drawn with replacement. */
export interface Pool {
  readonly requests: number;
  readonly streams: readonly StreamRequests[];
}

/** A change to be found: from its start requests come from these pools, with these weights. */
export interface Change {
  /** Column of the tables; changes of one column are counted together. */
  readonly name: string;
  /** Jensen-Shannon divergence of the mean usage before and after, in bits, in the stream where it is largest. */
  readonly sizeBits: number;
  readonly pools: readonly Pool[];
  /** Factors on the weights of the domains; null where the mix stays. */
  readonly mix: readonly number[] | null;
}

/** No change at all: what false alarms alone look like in a table of delays. */
export const CONTROL = 'no change';

/** What traffic looks like, and what can happen to it. */
export interface Setting {
  readonly name: string;
  readonly experts: number;
  readonly streams: number;
  /** By domain. */
  readonly pools: readonly Pool[];
  readonly changes: readonly Change[];
  /** Whether the domains take turns over the day. */
  readonly isDiurnal: boolean;
}

export const REQUESTS_PER_DAY = 1200;
/** Known mixes by the hour: a day has so many bands. */
export const BANDS = 8;

/** Weights of domains at a time of the day, in requests: even, or each nearly gone at one hour and nearly alone at another. */
export function weightsAt({ isDiurnal, pools }: Setting, request: number): number[] {
  const domains = pools.length;
  if (!isDiurnal) return Array.from({ length: domains }, () => 1);
  return Array.from({ length: domains }, (_, domain) => Math.exp(2 * Math.cos(2 * Math.PI * (request / REQUESTS_PER_DAY - domain / domains))));
}

export function bandAt(request: number): number {
  return Math.floor(((request % REQUESTS_PER_DAY) / REQUESTS_PER_DAY) * BANDS);
}

export interface Drawn {
  readonly domain: number;
  readonly index: number;
}

/** Draws a request: a domain by its weight, then one of its requests. */
export function draw(pools: readonly Pool[], weights: readonly number[], random: () => number): Drawn {
  let sum = 0;
  for (const weight of weights) sum += weight;
  let left = random() * sum;
  let domain = 0;
  while (domain < pools.length - 1 && left >= weights[domain]!) left -= weights[domain++]!;
  return { domain, index: Math.floor(random() * pools[domain]!.requests) };
}

/** Random numbers of a unit of work: the same on whatever machine and in whatever order it is done. FNV-1a of its name. */
export function randomOf(seed: number, unit: string): () => number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${seed}/${unit}`)) hash = Math.imul(hash ^ byte, 0x01000193);
  return seededRandom(hash >>> 0);
}

/** Mean usage of a stream over pools with weights, shares of all experts. */
export function meanUsage(pools: readonly Pool[], stream: number, experts: number, weights: readonly number[]): number[] {
  const all = weights.reduce((a, b) => a + b, 0);
  const mean = Array.from({ length: experts }, () => 0);
  for (const [domain, { requests, streams }] of pools.entries()) {
    for (const shares of streams[stream]!.shares) for (let j = 0; j < experts; j += 1) mean[j]! += (shares[j]! * weights[domain]!) / all / requests;
  }
  return mean;
}

export function poolOf(counts: readonly Uint16Array[], experts: number): Pool {
  const requests = (counts[0]?.length ?? 0) / experts;
  return {
    requests,
    streams: counts.map((stream) => ({
      counts: stream,
      shares: Array.from({ length: requests }, (_, at) => {
        const one = stream.subarray(at * experts, (at + 1) * experts);
        const sum = one.reduce((a, b) => a + b, 0);
        return Float32Array.from(one, (count) => count / sum);
      }),
    })),
  };
}
