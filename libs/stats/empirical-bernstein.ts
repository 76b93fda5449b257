/**
 * Upper confidence bound of the mean of independent values within a range, by their empirical
 * variance: mean + sqrt(2 V ln(2/level) / n) + 7 range ln(2/level) / (3 (n - 1)), V the sample
 * variance. Holds with probability 1 - level. Source: Maurer & Pontil 2009 (arXiv 0907.3740),
 * theorem 4, scaled from [0, 1] to `range`.
 * @param values at least two
 * @param range largest minus smallest value that can occur
 * @param level probability of error, in (0, 1)
 * @throws RangeError with fewer than two values
 */
export function empiricalBernsteinUpper(values: ArrayLike<number>, range: number, level: number): number {
  const n = values.length;
  if (n < 2) throw new RangeError(`empiricalBernsteinUpper: ${n} values; two are needed`);
  let sum = 0;
  for (let at = 0; at < n; at += 1) sum += values[at] ?? 0;
  const mean = sum / n;
  let squares = 0;
  for (let at = 0; at < n; at += 1) squares += ((values[at] ?? 0) - mean) ** 2;
  const log = Math.log(2 / level);
  return mean + Math.sqrt((2 * (squares / (n - 1)) * log) / n) + (7 * range * log) / (3 * (n - 1));
}
