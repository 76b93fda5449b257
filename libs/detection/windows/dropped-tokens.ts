import { wilsonInterval } from '#libs/stats/proportion';
import { effectiveRequests, gap, type LayerWindow, type WindowFinding, type WindowLimits } from './window-finding.ts';

/**
 * Share of a layer's decisions that were not served as the router chose: flagged dropped, rerouted or
 * fallback. A decision with two of the flags counts twice, up to all. The interval is Wilson's over as many
 * trials as if all decisions of a request were alike (effectiveRequests), so it is on the wide side.
 */
export function measureDroppedTokens({ usage }: LayerWindow, { minRequests }: WindowLimits): WindowFinding<'measured'> {
  if (usage.requests < minRequests) return gap('too-few-requests');
  if (usage.tokens <= 0) return gap('nothing-selected');
  const value = Math.min(1, (usage.dropped + usage.rerouted + usage.fallback) / usage.tokens);
  // Where all selections were dropped there is no load to tell the sizes of requests by.
  return { value, interval: wilsonInterval(value, effectiveRequests(usage) || usage.requests), reason: 'measured' };
}
