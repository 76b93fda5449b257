import { CONFIDENCE_95, estimateEntropy, entropyVariance } from '#libs/stats/entropy-estimate';
import { clusteredOf, effectiveSelections, gap, type LayerWindow, type WindowFinding, type WindowLimits } from './window-finding.ts';

/**
 * Entropy of a layer's usage that was lost against the reference period, in bits: H(reference) - H(window),
 * both by Miller-Madow on whole requests. Below 0 where entropy grew. The interval takes the two periods as
 * independent: half width z sqrt(V_window + V_reference), V as in entropyVariance.
 */
export function measureLostEntropy(window: LayerWindow, reference: LayerWindow | null, { minRequests }: WindowLimits): WindowFinding<'measured'> {
  if (window.usage.requests < minRequests) return gap('too-few-requests');
  if (reference === null || reference.usage.requests < minRequests) return gap('no-reference');
  const now = estimateEntropy(clusteredOf(window.usage), window.topK);
  const before = estimateEntropy(clusteredOf(reference.usage), reference.topK);
  if (now === null) return gap('nothing-selected');
  if (before === null) return gap('no-reference');
  const value = before.entropyBits - now.entropyBits;
  const half = CONFIDENCE_95.z * Math.sqrt(varianceOf(window) + varianceOf(reference));
  return { value, interval: { low: value - half, high: value + half }, reason: 'measured' };
}

function varianceOf(layer: LayerWindow): number {
  return entropyVariance([...layer.usage.load], effectiveSelections(layer));
}
