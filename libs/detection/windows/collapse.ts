import { estimateEntropy } from '#libs/stats/entropy-estimate';
import { clusteredOf, gap, type LayerWindow, type WindowFinding, type WindowLimits } from './window-finding.ts';

/**
 * How many of its experts a layer makes use of: effective experts 2^H over E, in (0, 1]; 1 is all alike.
 * H in bits by Miller-Madow on whole requests (see estimateEntropy), and the interval with it.
 */
export function measureCollapse({ usage, topK }: LayerWindow, { minRequests }: WindowLimits): WindowFinding<'measured'> {
  if (usage.requests < minRequests) return gap('too-few-requests');
  const estimate = estimateEntropy(clusteredOf(usage), topK);
  if (estimate === null) return gap('nothing-selected');
  const experts = usage.load.length;
  const { interval } = estimate;
  return {
    value: estimate.effectiveExperts / experts,
    interval: interval && { low: 2 ** interval.low / experts, high: 2 ** interval.high / experts },
    reason: 'measured',
  };
}
