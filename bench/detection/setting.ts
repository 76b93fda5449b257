/** One request as a monitor sees it in one layer: how often it selected each expert. */
export type RequestCounts = readonly number[];

/** Requests of one domain, drawn with replacement. */
export interface Pool {
  readonly name: string;
  readonly requests: readonly RequestCounts[];
}

/** A change to be found: from its start requests come from these pools. */
export interface Change {
  readonly name: string;
  /** Jensen-Shannon divergence of the mean usage before and after, in bits. */
  readonly sizeBits: number;
  readonly pools: readonly Pool[];
}

/** What traffic looks like in one stream, and what can happen to it. */
export interface Setting {
  readonly name: string;
  readonly experts: number;
  /** Frozen before anything is watched; by domain. */
  readonly baseline: readonly Pool[];
  /** Traffic that is as it was, by domain. */
  readonly fresh: readonly Pool[];
  readonly changes: readonly Change[];
}

/** Weight of each domain at a request; the same for all unless the traffic swings with the day. */
export type DomainWeights = (request: number, domains: number) => readonly number[];

export const EVEN: DomainWeights = (_, domains) => Array.from({ length: domains }, () => 1);

/** Domains take turns over a day of so many requests: each is nearly gone at one hour and nearly alone at another. */
export function diurnal(requestsPerDay: number): DomainWeights {
  return (request, domains) =>
    Array.from({ length: domains }, (_, domain) => Math.exp(2 * Math.cos(2 * Math.PI * (request / requestsPerDay - domain / domains))));
}

/** Draws a request: a domain by its weight, then one of its requests. */
export function drawRequest(pools: readonly Pool[], weights: readonly number[], random: () => number): RequestCounts {
  let left = random() * weights.reduce((a, b) => a + b, 0);
  let domain = 0;
  while (domain < pools.length - 1 && left >= (weights[domain] ?? 0)) {
    left -= weights[domain] ?? 0;
    domain += 1;
  }
  const requests = pools[domain]?.requests ?? [];
  const drawn = requests[Math.floor(random() * requests.length)];
  if (!drawn) throw new Error(`the pool of domain ${domain} is empty`);
  return drawn;
}
