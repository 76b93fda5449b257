import { jensenShannonBits } from '#libs/stats/divergence';
import { correlatedRequest } from '#libs/stats/testing/random-requests';
import { type Change, type Pool, type RequestCounts, type Setting } from './setting.ts';

const EXPERTS = 64;
const SELECTIONS = 1600;
/** Correlation of the selections of one request. */
const INTRA_REQUEST = 0.02;
const SIZES_BITS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02];
const DIRECTIONS = 5;

export interface PoolSizes {
  readonly baseline: number;
  readonly fresh: number;
  readonly changed: number;
}

/**
 * 64 experts, 1,600 selections of a request with a correlation of 0.02, `domains` kinds of traffic
 * whose mean usage differs by about 0.02 bit. A change tilts every domain's usage in a random direction.
 */
export function syntheticSetting(domains: number, sizes: PoolSizes, random: () => number): Setting {
  const usages = Array.from({ length: domains }, () => tilt(uniform(), 0.35, random));
  const pools = (requests: number, of = usages): Pool[] =>
    of.map((usage, domain) => ({ name: `domain ${domain}`, requests: Array.from({ length: Math.ceil(requests / domains) }, () => request(usage, random)) }));
  const changes: Change[] = SIZES_BITS.flatMap((sizeBits) =>
    Array.from({ length: DIRECTIONS }, () => {
      const direction = uniform().map(() => random() - 0.5);
      return { name: `tilt of ${sizeBits} bit`, sizeBits, pools: pools(sizes.changed, usages.map((usage) => tiltTo(usage, direction, sizeBits))) };
    }),
  );
  return { name: `synthetic, ${EXPERTS} experts, ${domains} domain${domains === 1 ? '' : 's'}`, experts: EXPERTS, baseline: pools(sizes.baseline), fresh: pools(sizes.fresh), changes };
}

function uniform(): number[] {
  return Array.from({ length: EXPERTS }, () => 1 / EXPERTS);
}

function request(usage: readonly number[], random: () => number): RequestCounts {
  return correlatedRequest(random, usage, SELECTIONS, INTRA_REQUEST);
}

function tilt(usage: readonly number[], strength: number, random: () => number): number[] {
  return tilted(usage, usage.map(() => random() * 2 - 1), strength);
}

function tilted(usage: readonly number[], direction: readonly number[], strength: number): number[] {
  const weights = usage.map((share, j) => share * Math.exp(strength * (direction[j] ?? 0)));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** Bisection: the divergence grows with the strength of the tilt. */
function tiltTo(usage: readonly number[], direction: readonly number[], sizeBits: number): number[] {
  let low = 0;
  let high = 16;
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if ((jensenShannonBits(usage, tilted(usage, direction, middle)) ?? 0) < sizeBits) low = middle;
    else high = middle;
  }
  return tilted(usage, direction, high);
}
