import { wilsonInterval } from './proportion.ts';
import { gap, type WindowFinding, type WindowLimits } from './window-finding.ts';

/** Requests of a model in a window. */
export interface RuledRequests {
  readonly requests: number;
  /** Those for which data rules kept experts away. */
  readonly masked: number;
}

/**
 * Share of recorded requests that data rules kept from experts, with Wilson's interval over requests. A request
 * for which no expert was left was refused before it ran and is in no record, so it is not among them.
 */
export function measureRuleRefusals({ requests, masked }: RuledRequests, { minRequests }: WindowLimits): WindowFinding<'measured'> {
  if (requests < minRequests || requests === 0) return gap('too-few-requests');
  return { value: masked / requests, interval: wilsonInterval(masked / requests, requests), reason: 'measured' };
}
