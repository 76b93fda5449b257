import { designEffect, designEffectFloor, type ClusteredCounts } from './design-effect.ts';
import { effectiveExperts, millerMadowBits, normalisedEntropy, pluginEntropyBits, shares, total } from './entropy.ts';

/** A confidence interval at a stated level, in the unit of what it surrounds. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly level: number;
}

/** Level and the standard normal's quantile of 95% intervals. */
export const CONFIDENCE_95 = { level: 0.95, z: 1.959964 } as const;

export interface EntropyEstimate {
  /** Miller-Madow, bits, at most log2 E. */
  readonly entropyBits: number;
  /** Plug-in estimate, bits. */
  readonly uncorrectedBits: number;
  /** Null with fewer than two requests. */
  readonly interval: Interval | null;
  /** 2^entropyBits. */
  readonly effectiveExperts: number;
  /** entropyBits / log2 E. */
  readonly normalised: number;
  /** Null with fewer than two requests; the correction then takes it as 1. */
  readonly designEffect: number | null;
}

/**
 * Variance of the plug-in entropy in bits^2. First term: delta method under a multinomial,
 * (sum p log2^2 p - H^2)/n_eff (Basharin 1959). Near equal shares it vanishes, so the second-order
 * term (E-1)/(2 n_eff^2 ln^2 2) is added: there 2 n (log E - H) is chi-squared with E-1 degrees
 * of freedom (Harris 1975).
 */
export function entropyVariance(counts: readonly number[], effectiveSelections: number): number {
  const p = shares(counts);
  let mean = 0;
  let square = 0;
  let observed = 0;
  for (const share of p) {
    if (share <= 0) continue;
    observed += 1;
    const bits = -Math.log2(share);
    mean += share * bits;
    square += share * bits * bits;
  }
  const first = Math.max(0, square - mean * mean) / effectiveSelections;
  const second = Math.max(0, observed - 1) / (2 * effectiveSelections ** 2 * Math.LN2 ** 2);
  return first + second;
}

/**
 * Entropy of expert usage in bits from selections that are clustered by request: Miller-Madow on
 * n_eff = n / design effect, with an interval by the delta method with the variance inflated in
 * the same way. In simulations (see the tests) 95% intervals cover 91 to 99%: the design effect is an
 * average over directions, so a mixture of domains near equal shares is the low end. Units: bits. Null
 * when nothing was selected.
 */
export function estimateEntropy(counts: ClusteredCounts, topK: number, confidence: { level: number; z: number } = CONFIDENCE_95): EntropyEstimate | null {
  const n = total(counts.load);
  if (n <= 0) return null;
  const experts = counts.load.length;
  const maximum = Math.log2(Math.max(1, experts));
  const effect = designEffect(counts, designEffectFloor(experts, topK));
  const effective = n / (effect ?? 1);
  const uncorrectedBits = pluginEntropyBits(counts.load);
  const observed = counts.load.filter((count) => count > 0).length;
  const entropyBits = Math.min(maximum, uncorrectedBits + millerMadowBits(observed, effective));
  const half = confidence.z * Math.sqrt(entropyVariance(counts.load, effective));
  return {
    entropyBits,
    uncorrectedBits,
    interval:
      effect === null
        ? null
        : { low: Math.max(0, entropyBits - half), high: Math.min(maximum, entropyBits + half), level: confidence.level },
    effectiveExperts: effectiveExperts(entropyBits),
    normalised: normalisedEntropy(entropyBits, experts),
    designEffect: effect,
  };
}
