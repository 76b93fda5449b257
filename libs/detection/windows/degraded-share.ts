import { wilsonInterval } from '#libs/stats/proportion';
import { gap, type WindowFinding, type WindowLimits } from './window-finding.ts';

/** What a release was to answer in a window, and what of it went another way. */
export interface DegradedTraffic {
  readonly requests: number;
  readonly decisions: number;
  readonly degradedDecisions: number;
}

/** Share of decisions that went another way, with Wilson's interval as if all decisions of a request were alike: on the wide side. */
export function measureDegradedShare({ requests, decisions, degradedDecisions }: DegradedTraffic, { minRequests }: WindowLimits): WindowFinding<'measured'> {
  if (requests < minRequests || decisions <= 0) return gap('too-few-requests');
  const value = Math.min(1, degradedDecisions / decisions);
  return { value, interval: wilsonInterval(value, requests), reason: 'measured' };
}
