import { discreteLaplace } from './discrete-laplace.ts';
import { type RandomBytes } from './random-bytes.ts';

export interface CountPrivacy {
  /** Of one answer, in thousandths, so that the noise is drawn in whole numbers: 500 is 0.5. */
  readonly epsilonThousandths: number;
  /** By how much one request can change the sum over all counts: the L1 sensitivity. */
  readonly sensitivity: number;
}

/** Scale of the noise of each count: sensitivity / epsilon. */
export function noiseScale({ epsilonThousandths, sensitivity }: CountPrivacy): number {
  return (sensitivity * 1000) / epsilonThousandths;
}

/**
 * Counts with epsilon-differential privacy for one request that is there or not: each gets discrete Laplace
 * noise of scale sensitivity / epsilon (Dwork, McSherry, Nissim & Smith 2006; Ghosh, Roughgarden &
 * Sundararajan 2009). Negative ones stay: to cut them off would push every sum up.
 */
export function privateCounts(counts: readonly number[], { epsilonThousandths, sensitivity }: CountPrivacy, random: RandomBytes): number[] {
  const divisor = gcd(epsilonThousandths, sensitivity * 1000);
  return counts.map((count) => count + discreteLaplace(epsilonThousandths / divisor, (sensitivity * 1000) / divisor, random));
}

/** Shares of counts that may be negative: those are taken as 0. All 0 where nothing is left. Reading what was given out costs no privacy. */
export function sharesOfPrivateCounts(counts: readonly number[]): number[] {
  const positive = counts.map((count) => Math.max(0, count));
  const total = positive.reduce((sum, count) => sum + count, 0);
  return positive.map((count) => (total > 0 ? count / total : 0));
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
