/** Rounds of assigning and averaging: enough to settle what there is to settle. */
const ROUNDS = 12;

/** Mean usage of each kind of request, [kind][experts]. */
export type RequestKinds = readonly Float64Array[];

/**
 * Groups requests by their usage into at most `count` kinds by k-means (Lloyd 1982), begun at the mean and then
 * at what lies furthest from all before (Gonzalez 1985), so that the result depends on the requests alone.
 */
export function requestKinds(requests: readonly Float32Array[], count: number): RequestKinds {
  const first = requests[0];
  if (!first) return [];
  let kinds: Float64Array[] = [meanOf(requests, first.length)];
  while (kinds.length < count) {
    let furthest = first;
    let most = 0;
    for (const one of requests) {
      const distance = nearest(kinds, one).distance;
      if (distance > most) [furthest, most] = [one, distance];
    }
    if (most === 0) break;
    kinds.push(Float64Array.from(furthest));
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    const groups: Float32Array[][] = kinds.map(() => []);
    for (const one of requests) groups[nearest(kinds, one).kind]!.push(one);
    kinds = groups.filter((group) => group.length > 0).map((group) => meanOf(group, first.length));
  }
  return kinds;
}

/** The kind that a request's usage is closest to. */
export function kindOf(kinds: RequestKinds, shares: Float32Array): number {
  return nearest(kinds, shares).kind;
}

function nearest(kinds: RequestKinds, shares: Float32Array): { kind: number; distance: number } {
  let kind = 0;
  let least = Infinity;
  for (const [at, centre] of kinds.entries()) {
    let distance = 0;
    for (let j = 0; j < shares.length; j += 1) distance += (shares[j]! - centre[j]!) ** 2;
    if (distance < least) [kind, least] = [at, distance];
  }
  return { kind, distance: least };
}

function meanOf(requests: readonly Float32Array[], experts: number): Float64Array {
  const mean = new Float64Array(experts);
  for (const one of requests) for (let j = 0; j < experts; j += 1) mean[j]! += one[j]! / requests.length;
  return mean;
}
