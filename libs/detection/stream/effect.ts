import { divergenceInterval, estimateDivergence } from '#libs/stats/divergence-estimate';
import { varianceOf } from '../usage-shift/bet.ts';
import { type UsageBaseline } from '../baseline/usage-baseline.ts';
import { type RecentMean } from './recent-moments.ts';

/** How far recent traffic is from the baseline, and what an interval of it needs. */
export interface Effect {
  readonly bits: number;
  readonly interval: () => { readonly low: number; readonly high: number };
}

/** Jensen-Shannon divergence of recent mean usage to the baseline's, bias-corrected, bits. */
export function usageEffect(recent: RecentMean, baseline: UsageBaseline): Effect {
  return divergenceEffect(recent, baseline, baseline.mean);
}

/**
 * At least how far the routing of a token is from what it was in the baseline, bits: a lower bound of the
 * mean over tokens of the Jensen-Shannon divergence, from what a residual tells. By convexity it is at
 * least the divergence of the mean shares; and at least (change of agreement)^2 / (2 ln 2), since the
 * agreement of a token changes by no more than the total variation, whose square over 2 bounds the
 * divergence in nats (Pinsker's inequality, then Jensen's). The larger of the two, bias-corrected.
 * @param recent of the residual, [experts + 1]
 * @param usage mean shares of recent traffic, [experts]
 */
export function routingEffect(recent: RecentMean, residual: UsageBaseline, usage: ArrayLike<number>): Effect {
  const last = residual.experts - 1;
  const expected = Float64Array.from({ length: last }, (_, j) => usage[j]! - recent.difference[j]!);
  const byShares = divergenceEffect(recent, residual, expected);
  const byAgreement = agreementEffect(recent.difference[last]!, meanVariance(recent, residual, last));
  return byAgreement.bits > byShares.bits ? byAgreement : byShares;
}

function divergenceEffect(recent: RecentMean, baseline: UsageBaseline, reference: ArrayLike<number>): Effect {
  const { covariance, experts, estimatedRequests } = baseline;
  const length = reference.length;
  const now = Float64Array.from({ length }, (_, j) => reference[j]! + recent.difference[j]!);
  const variance = Float64Array.from({ length }, (_, j) => covariance[j * experts + j]!);
  const { bits } = estimateDivergence({ mean: now, variance: recent.variance, requests: recent.requests }, { mean: reference, variance, requests: estimatedRequests });
  return {
    bits,
    interval: () => {
      const block = length === experts ? covariance : leading(covariance, experts, length);
      return divergenceInterval(bits, now, reference, block, inflation(recent, baseline, length) / recent.requests + 1 / estimatedRequests);
    },
  };
}

function agreementEffect(change: number, variance: number): Effect {
  const unit = 1 / (2 * Math.LN2);
  const bits = Math.max(0, change * change - variance) * unit;
  return {
    bits,
    interval: () => {
      const half = 1.96 * unit * Math.sqrt(4 * change * change * variance + 2 * variance * variance);
      return { low: Math.max(0, bits - half), high: Math.min(1, bits + half) };
    },
  };
}

function meanVariance(recent: RecentMean, { covariance, experts, estimatedRequests }: UsageBaseline, j: number): number {
  return recent.variance[j]! / recent.requests + covariance[j * experts + j]! / estimatedRequests;
}

/** How many times more requests vary now than in the baseline, on average over experts; at least a quarter. */
function inflation(recent: RecentMean, { covariance, experts }: UsageBaseline, length: number): number {
  let sum = 0;
  let known = 0;
  for (let j = 0; j < length; j += 1) {
    const variance = varianceOf(covariance, experts, j);
    if (variance <= 1e-8) continue;
    sum += recent.variance[j]! / variance;
    known += 1;
  }
  return known > 0 ? Math.max(0.25, sum / known) : 1;
}

function leading(covariance: Float32Array, experts: number, length: number): Float32Array {
  const block = new Float32Array(length * length);
  for (let i = 0; i < length; i += 1) block.set(covariance.subarray(i * experts, i * experts + length), i * length);
  return block;
}
