import { wilsonInterval } from '#libs/stats/proportion';
import { gap, type WindowFinding, type WindowLimits } from './window-finding.ts';

/** Requests of a release in a window. */
export interface RuledRequests {
  /** Those that ran, and are recorded. */
  readonly recorded: number;
  /** Those that did not run, because data rules left no expert. */
  readonly refused: number;
}

/** Share of requests that data rules refused, with Wilson's interval over requests. */
export function measureRuleRefusals({ recorded, refused }: RuledRequests, { minRequests }: WindowLimits): WindowFinding<'measured'> {
  const requests = recorded + refused;
  if (requests < minRequests || requests === 0) return gap('too-few-requests');
  return { value: refused / requests, interval: wilsonInterval(refused / requests, requests), reason: 'measured' };
}
