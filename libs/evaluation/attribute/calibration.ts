/**
 * The share of resamples that agree, as a probability that the cause is right. Resamples of the texts know nothing
 * of what the rule itself takes for something else, so the share is drawn in: p = floor + (ceiling - floor) * share.
 * Both ends were chosen before the faults that bench/attribution reports were planted, and not fitted to them.
 */
const FLOOR = 0.1;
const CEILING = 0.97;

export function calibrated(agreeing: number): number {
  return FLOOR + (CEILING - FLOOR) * agreeing;
}
