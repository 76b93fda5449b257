import { studentQuantile, studentTail } from '#libs/stats/student-t';

/** A mean with its 95 % interval and the two-sided p-value of its being 0; null where there are too few clusters. */
export interface TestedMean {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly p: number | null;
  /** Clusters. */
  readonly n: number;
}

const TAIL = 0.025;

/**
 * Mean over clusters, of each cluster's own mean, with Student's t interval over the clusters: items of
 * one cluster may depend on each other as they like. Needs at least 3 clusters for an interval.
 */
export function clusteredMean(values: readonly number[], clusters: readonly string[]): TestedMean {
  const byCluster = new Map<string, { sum: number; count: number }>();
  for (const [at, value] of values.entries()) {
    const cluster = byCluster.get(clusters[at] ?? '') ?? { sum: 0, count: 0 };
    byCluster.set(clusters[at] ?? '', { sum: cluster.sum + value, count: cluster.count + 1 });
  }
  const means = [...byCluster.values()].map(({ sum, count }) => sum / count);
  const n = means.length;
  const value = n === 0 ? 0 : means.reduce((sum, mean) => sum + mean, 0) / n;
  if (n < 3) return { value, low: null, high: null, p: null, n };
  const variance = means.reduce((sum, mean) => sum + (mean - value) ** 2, 0) / (n - 1) / n;
  return tested(value, variance, n - 1, n);
}

/** A clustered ratio, such as selections per token: its value and the variance of that, by linearisation. */
export interface ClusteredRatio {
  readonly value: number;
  readonly variance: number;
  readonly clusters: number;
}

/** sum(parts) / sum(wholes), one of each for a cluster. Variance: Cochran 1977, equation 6.13, over clusters. */
export function clusteredRatio(parts: readonly number[], wholes: readonly number[]): ClusteredRatio {
  const n = parts.length;
  const whole = wholes.reduce((sum, value) => sum + value, 0);
  if (whole === 0) return { value: 0, variance: 0, clusters: n };
  const value = parts.reduce((sum, part) => sum + part, 0) / whole;
  if (n < 2) return { value, variance: 0, clusters: n };
  const squares = parts.reduce((sum, part, at) => sum + (part - value * (wholes[at] ?? 0)) ** 2, 0);
  return { value, variance: ((n / (n - 1)) * squares) / whole ** 2, clusters: n };
}

/** Difference of two ratios of independent clusters. Degrees of freedom: Welch 1947. */
export function ratioDifference(a: ClusteredRatio, b: ClusteredRatio): TestedMean {
  const value = a.value - b.value;
  const n = a.clusters + b.clusters;
  if (a.clusters < 3 || b.clusters < 3) return { value, low: null, high: null, p: null, n };
  const variance = a.variance + b.variance;
  const weight = a.variance ** 2 / (a.clusters - 1) + b.variance ** 2 / (b.clusters - 1);
  return tested(value, variance, weight > 0 ? variance ** 2 / weight : n - 2, n);
}

function tested(value: number, variance: number, degrees: number, n: number): TestedMean {
  const error = Math.sqrt(variance);
  // Without any spread the mean is what it is: certain, where that is not 0.
  if (error === 0) return { value, low: value, high: value, p: value === 0 ? 1 : 0, n };
  const reach = studentQuantile(TAIL, degrees) * error;
  return { value, low: value - reach, high: value + reach, p: Math.min(1, 2 * studentTail(Math.abs(value) / error, degrees)), n };
}
