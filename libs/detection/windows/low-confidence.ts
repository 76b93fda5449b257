import { CONFIDENCE_95 } from '#libs/stats/entropy-estimate';
import { gateConfidence } from '#libs/stats/gate-confidence';
import { type LayerUsage } from '#libs/trace/usage';
import { effectiveRequests, gap, type LayerWindow, type WindowFinding, type WindowLimits } from './window-finding.ts';

/**
 * Mean weight of the first expert that was lost against the reference period: mean(reference) - mean(window),
 * in weight, within -1 to 1. From the roll-ups' histogram, so each mean is exact to half a bin. Half width
 * z sqrt(s^2/n + s^2/n) with n as if all decisions of a request were alike (effectiveRequests). With top-2 and
 * gates that sum to 1 the margin between the two experts falls by twice as much.
 */
export function measureLostConfidence(window: LayerWindow, reference: LayerWindow | null, { minRequests }: WindowLimits): WindowFinding<'measured'> {
  if (window.usage.requests < minRequests) return gap('too-few-requests');
  if (reference === null || reference.usage.requests < minRequests) return gap('no-reference');
  const now = gateConfidence([...window.usage.confidence]);
  const before = gateConfidence([...reference.usage.confidence]);
  if (now === null) return gap('nothing-selected');
  if (before === null) return gap('no-reference');
  const value = before.mean - now.mean;
  const half = CONFIDENCE_95.z * Math.sqrt(varianceOfMean(window.usage, now.mean) + varianceOfMean(reference.usage, before.mean));
  return { value, interval: { low: value - half, high: value + half }, reason: 'measured' };
}

function varianceOfMean(usage: LayerUsage, mean: number): number {
  const bins = [...usage.confidence];
  const decisions = bins.reduce((sum, count) => sum + count, 0);
  const variance = bins.reduce((sum, count, bin) => sum + count * ((bin + 0.5) / bins.length - mean) ** 2, 0) / decisions;
  return variance / Math.max(1, effectiveRequests(usage));
}
