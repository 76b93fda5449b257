import { normalCdf, normalQuantile } from './normal.ts';
import { ratioOf, type RatioItems } from './ratio.ts';
import { seededUniform } from './seeded-uniform.ts';

export interface BootstrapSettings {
  readonly resamples: number;
  readonly seed: number;
  /** Probability that the interval covers, such as 0.95. */
  readonly level: number;
}

/**
 * Bootstrap interval of a ratio of sums over items, or of the difference of two such ratios of the same
 * items (each resample takes both sides of an item): bias-corrected and accelerated, Efron 1987 (JASA
 * 82, 171-185), with the acceleration by the jackknife. Where the bias correction is infinite the
 * plain percentiles are taken. Resamples that are all equal give an interval without width.
 * @param minus what is subtracted; null: nothing
 */
export function bootstrapInterval(of: RatioItems, minus: RatioItems | null, { resamples, seed, level }: BootstrapSettings): { low: number; high: number } {
  const items = of.numerators.length;
  const value = ratioOf(of) - (minus ? ratioOf(minus) : 0);
  const uniform = seededUniform(seed);
  const drawn = new Int32Array(items);
  const values = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample += 1) {
    for (let at = 0; at < items; at += 1) drawn[at] = Math.floor(uniform() * items);
    const resampled = resampledRatio(of, drawn) - (minus ? resampledRatio(minus, drawn) : 0);
    // Only items with nothing to divide by were drawn: nothing is known from this resample.
    values[resample] = Number.isFinite(resampled) ? resampled : value;
  }
  values.sort();
  if (values[0] === values[resamples - 1]) return { low: values[0]!, high: values[0]! };
  let below = 0;
  for (const one of values) below += one < value ? 1 : one === value ? 0.5 : 0;
  const bias = normalQuantile(below / resamples);
  const tail = (1 - level) / 2;
  if (!Number.isFinite(bias)) return { low: quantile(values, tail), high: quantile(values, 1 - tail) };
  const acceleration = accelerationOf(of, minus);
  const adjusted = (share: number): number => {
    const z = bias + normalQuantile(share);
    return normalCdf(bias + z / (1 - acceleration * z));
  };
  return { low: quantile(values, adjusted(tail)), high: quantile(values, adjusted(1 - tail)) };
}

function resampledRatio({ numerators, denominators }: RatioItems, drawn: Int32Array): number {
  let numerator = 0;
  let denominator = 0;
  for (const at of drawn) {
    numerator += numerators[at]!;
    denominator += denominators[at]!;
  }
  return numerator / denominator;
}

/** Sum of cubes by 6 times the sum of squares to the power of 3/2, of the jackknife's deviations. */
function accelerationOf(of: RatioItems, minus: RatioItems | null): number {
  const items = of.numerators.length;
  const left = leaveOneOut(of);
  const right = minus ? leaveOneOut(minus) : null;
  const values = Float64Array.from({ length: items }, (_, at) => left(at) - (right?.(at) ?? 0)).filter(Number.isFinite);
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  let squares = 0;
  let cubes = 0;
  for (const one of values) {
    squares += (mean - one) ** 2;
    cubes += (mean - one) ** 3;
  }
  return squares > 0 ? cubes / (6 * squares ** 1.5) : 0;
}

function leaveOneOut({ numerators, denominators }: RatioItems): (at: number) => number {
  const numerator = numerators.reduce((sum, one) => sum + one, 0);
  const denominator = denominators.reduce((sum, one) => sum + one, 0);
  return (at) => (numerator - numerators[at]!) / (denominator - denominators[at]!);
}

/** Linear between the sorted values, as R's type 7. */
function quantile(sorted: Float64Array, share: number): number {
  const place = Math.min(1, Math.max(0, share)) * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}
