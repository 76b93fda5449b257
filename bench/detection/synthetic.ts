import { jensenShannonBits } from '#libs/stats/divergence';
import { correlatedRequest, seededRandom } from '#libs/stats/testing/random-requests';
import { type Change, CONTROL, type Pool, poolOf, type Setting } from './traffic.ts';

const EXPERTS = 64;
const SELECTIONS = 1600;
/** Correlation of the selections of one request. */
const INTRA_REQUEST = 0.02;
const SIZES_BITS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02];
/** Changes of each size: each tilts the usage another way. */
export const DIRECTIONS = 5;
const POOL_REQUESTS = 8000;
const CHANGED_REQUESTS = 1000;

/**
 * 64 experts, 1,600 selections of a request with a correlation of 0.02, `domains` kinds of traffic
 * whose mean usage differs by about 0.02 bit. A change tilts every domain's usage in a random direction.
 */
export function syntheticSetting(domains: number, isDiurnal: boolean, seed: number): Setting {
  const random = seededRandom(seed);
  const uniform = Array.from({ length: EXPERTS }, () => 1 / EXPERTS);
  const usages = Array.from({ length: domains }, () => tilted(uniform, uniform.map(() => random() * 2 - 1), 0.35));
  const pools = (requests: number, of: readonly (readonly number[])[]): Pool[] => of.map((usage) => pool(usage, Math.ceil(requests / domains), random));
  const plain = pools(POOL_REQUESTS, usages);
  const control = Array.from({ length: DIRECTIONS }, (): Change => ({ name: CONTROL, sizeBits: 0, pools: plain, mix: null }));
  const changes: Change[] = SIZES_BITS.flatMap((sizeBits) =>
    Array.from({ length: DIRECTIONS }, () => {
      const direction = uniform.map(() => random() - 0.5);
      return { name: `${sizeBits} bit`, sizeBits, pools: pools(CHANGED_REQUESTS, usages.map((usage) => tiltTo(usage, direction, sizeBits))), mix: null };
    }),
  );
  const name = `synthetic, ${EXPERTS} experts, ${isDiurnal ? `${domains} domains that take turns over the day` : 'steady'}`;
  return { name, experts: EXPERTS, streams: 1, pools: plain, changes: [...control, ...changes], isDiurnal };
}

function pool(usage: readonly number[], requests: number, random: () => number): Pool {
  const counts = new Uint16Array(requests * EXPERTS);
  for (let at = 0; at < requests; at += 1) counts.set(correlatedRequest(random, usage, SELECTIONS, INTRA_REQUEST), at * EXPERTS);
  return poolOf([counts], EXPERTS);
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
