/**
 * Splits a rate of false alarms over tests by weight. By the union bound the chance that any of them ever
 * alarms falsely is at most the sum of the shares, which is the rate. Over looks nothing is split: by
 * Ville's inequality (1939) P(an e-process ever reaches 1/a) <= a under its null.
 * @throws RangeError when the rate is not within (0, 1) or a weight is not above 0
 */
export function splitBudget(rate: number, weights: readonly number[]): readonly number[] {
  if (!(rate > 0 && rate < 1)) throw new RangeError(`the rate is ${rate}; give one between 0 and 1`);
  if (weights.some((weight) => !(weight > 0 && Number.isFinite(weight)))) throw new RangeError('weights must be above 0');
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => (rate * weight) / sum);
}
