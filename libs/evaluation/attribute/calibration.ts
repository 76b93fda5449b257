/**
 * The share of resamples that agree, as a probability that the cause is right. Resamples of the texts know nothing
 * of what the rule itself takes for something else, so the share is drawn in: p = floor + (ceiling - floor) * share.
 * Both ends were set on planted faults of other seeds than those reported; bench/attribution measures them.
 */
const FLOOR = 0.1;
const CEILING = 0.97;

export function calibrated(agreeing: number): number {
  return FLOOR + (CEILING - FLOOR) * agreeing;
}
