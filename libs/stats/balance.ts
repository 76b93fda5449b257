import { total } from './entropy.ts';

/**
 * Maximal violation of balance: (largest load - mean load) / mean load. 0 is even; E - 1 is all on one
 * expert. Null when nothing was counted. Source: Wang et al. 2024 (arXiv 2408.15664).
 */
export function maxViolation(load: readonly number[]): number | null {
  const n = total(load);
  return n > 0 ? (Math.max(...load) * load.length) / n - 1 : null;
}

/** Coefficient of variation: population standard deviation of the loads over their mean; no unit. */
export function coefficientOfVariation(load: readonly number[]): number | null {
  const n = total(load);
  if (n <= 0) return null;
  const mean = n / load.length;
  const variance = load.reduce((sum, count) => sum + (count - mean) ** 2, 0) / load.length;
  return Math.sqrt(variance) / mean;
}

/** Balancedness: mean load over largest load, in (0, 1]; 1 is even. As vLLM's load balancer reports it. */
export function balancedness(load: readonly number[]): number | null {
  const n = total(load);
  return n > 0 ? n / load.length / Math.max(...load) : null;
}

/**
 * Gini coefficient of the loads: sum_i sum_j |x_i - x_j| / (2 E^2 mean), 0 even, (E-1)/E all on one.
 * Source: Gini 1912; computed from sorted values, as Dixon et al. 1987 give it.
 */
export function gini(load: readonly number[]): number | null {
  const n = total(load);
  if (n <= 0) return null;
  const sorted = load.toSorted((a, b) => a - b);
  const experts = sorted.length;
  const weighted = sorted.reduce((sum, count, index) => sum + (2 * (index + 1) - experts - 1) * count, 0);
  return weighted / (experts * n);
}

/** Indices of the experts that got no token at all; empty when nothing was counted. */
export function deadExperts(load: readonly number[]): number[] {
  if (total(load) === 0) return [];
  return load.flatMap((count, expert) => (count === 0 ? [expert] : []));
}

/** Load over the ideal, equal load: 1 is fair share, 0 is dead. */
export function utilisation(load: readonly number[]): number[] {
  const n = total(load);
  return load.map((count) => (n > 0 ? (count * load.length) / n : 0));
}
