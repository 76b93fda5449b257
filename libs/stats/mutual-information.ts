import { designEffect, designEffectFloor, type ClusteredCounts } from './design-effect.ts';
import { CONFIDENCE_95, type Interval } from './entropy-estimate.ts';
import { entropyOfShares, shares, total } from './entropy.ts';

/** How segments are weighted: each alike, or by its number of selections. */
export type SegmentWeighting = 'equal' | 'pooled';

export interface MutualInformation {
  readonly weighting: SegmentWeighting;
  /** Bias-corrected, bits, at least 0. */
  readonly bits: number;
  /** Plug-in estimate, bits. */
  readonly uncorrectedBits: number;
  /** What was taken off as bias, bits. */
  readonly biasBits: number;
  /** Null when a segment has fewer than two requests. */
  readonly interval: Interval | null;
  readonly segments: number;
}

interface WeightedSegment {
  readonly weight: number;
  readonly p: readonly number[];
  /** 1 / n_eff. */
  readonly inverse: number;
  readonly certain: boolean;
}

/**
 * Mutual information of segment and expert in one layer: I = H(sum_d w_d p_d) - sum_d w_d H(p_d), bits.
 * 0: the segment tells nothing of the expert. Source: Cover & Thomas 2006, section 2.4.
 *
 * Bias, to first order in 1/n_eff, for given weights w_d and shares q = sum_d w_d p_d (nats):
 *   sum_d w_d (E_d - 1)/(2 n_d) - sum_j sum_d w_d^2 p_dj (1 - p_dj) / (2 n_d q_j).
 * For pooled weights and independence this is (E-1)(D-1)/(2n) (Miller 1955; Panzeri & Treves 1996).
 * Interval by the delta method: dI/dp_dj = w_d ln(p_dj/q_j), plus the second-order term as for entropy.
 * Segments without selections are left out; null when none is left.
 */
export function mutualInformation(segments: readonly ClusteredCounts[], topK: number, weighting: SegmentWeighting): MutualInformation | null {
  const used = segments.filter((segment) => total(segment.load) > 0);
  const first = used[0];
  if (!first) return null;
  const experts = first.load.length;
  const all = used.reduce((sum, segment) => sum + total(segment.load), 0);
  const weighted = used.map((segment): WeightedSegment => {
    const n = total(segment.load);
    const effect = designEffect(segment, designEffectFloor(experts, topK));
    return {
      weight: weighting === 'equal' ? 1 / used.length : n / all,
      p: shares(segment.load),
      inverse: (effect ?? 1) / n,
      certain: effect !== null,
    };
  });
  const q = Array.from({ length: experts }, (_, j) => weighted.reduce((sum, { weight, p }) => sum + weight * (p[j] ?? 0), 0));
  const uncorrectedBits = Math.max(0, entropyOfShares(q) - weighted.reduce((sum, { weight, p }) => sum + weight * entropyOfShares(p), 0));
  const biasBits = used.length > 1 ? biasNats(weighted, q) / Math.LN2 : 0;
  const bits = Math.max(0, uncorrectedBits - biasBits);
  const maximum = Math.min(Math.log2(Math.max(1, used.length)), Math.log2(Math.max(1, experts)));
  const half = used.length > 1 ? (CONFIDENCE_95.z * Math.sqrt(varianceNats(weighted, q))) / Math.LN2 : 0;
  const interval = weighted.every(({ certain }) => certain)
    ? { low: Math.max(0, bits - half), high: Math.min(maximum, bits + half), level: CONFIDENCE_95.level }
    : null;
  return { weighting, bits, uncorrectedBits, biasBits, interval, segments: used.length };
}

function biasNats(segments: readonly WeightedSegment[], q: readonly number[]): number {
  let bias = 0;
  for (const { weight, p, inverse } of segments) {
    const observed = p.filter((share) => share > 0).length;
    bias += (weight * (observed - 1) * inverse) / 2;
    for (const [j, share] of p.entries()) {
      const mixed = q[j] ?? 0;
      if (mixed > 0) bias -= (weight * weight * share * (1 - share) * inverse) / (2 * mixed);
    }
  }
  return bias;
}

function varianceNats(segments: readonly WeightedSegment[], q: readonly number[]): number {
  let variance = 0;
  for (const { weight, p, inverse } of segments) {
    let mean = 0;
    let square = 0;
    let observed = 0;
    for (const [j, share] of p.entries()) {
      if (share <= 0) continue;
      observed += 1;
      const ratio = Math.log(share / (q[j] ?? share));
      mean += share * ratio;
      square += share * ratio * ratio;
    }
    variance += weight * weight * inverse * Math.max(0, square - mean * mean);
    variance += (weight * weight * inverse * inverse * (observed - 1)) / 2;
  }
  return variance;
}
