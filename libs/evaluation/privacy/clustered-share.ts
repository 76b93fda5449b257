import { CONFIDENCE_95 } from '#libs/stats/entropy-estimate';
import { type Estimate } from '../run/result.ts';

/** What one document gives: the sum over its tokens, and how many they are. */
export interface DocumentSum {
  readonly sum: number;
  readonly count: number;
}

/**
 * Mean per token with an interval that takes documents, not tokens, as independent: the ratio
 * estimator r = sum_d s_d / sum_d n_d with Var(r) = D/(D-1) sum_d (s_d - r n_d)^2 / (sum_d n_d)^2
 * (Cochran 1977, section 6.4).
 */
export function clusteredMean(documents: readonly DocumentSum[]): Estimate {
  const { value, variance, n, clusters } = ratio(documents);
  if (variance === null || clusters < 2) return { value, low: null, high: null, n };
  const half = CONFIDENCE_95.z * Math.sqrt(variance);
  return { value, low: value - half, high: value + half, n };
}

/**
 * A share of tokens, with the score interval of Wilson (1927) at the effective number of tokens
 * p (1 - p) / Var(p); where documents agree fully, at the number of documents, which is the cautious end.
 */
export function clusteredShare(documents: readonly DocumentSum[]): Estimate {
  const { value, variance, n, clusters } = ratio(documents);
  if (variance === null || clusters < 2) return { value, low: null, high: null, n };
  const spread = value * (1 - value);
  const effective = variance > 0 && spread > 0 ? Math.min(n, spread / variance) : clusters;
  const { z } = CONFIDENCE_95;
  const scale = 1 + z ** 2 / effective;
  const centre = (value + z ** 2 / (2 * effective)) / scale;
  const half = (z / scale) * Math.sqrt(spread / effective + z ** 2 / (4 * effective ** 2));
  return { value, low: Math.max(0, centre - half), high: Math.min(1, centre + half), n };
}

function ratio(documents: readonly DocumentSum[]): { value: number; variance: number | null; n: number; clusters: number } {
  const used = documents.filter(({ count }) => count > 0);
  const n = used.reduce((sum, { count }) => sum + count, 0);
  if (n === 0) return { value: 0, variance: null, n: 0, clusters: 0 };
  const value = used.reduce((sum, document) => sum + document.sum, 0) / n;
  const squares = used.reduce((sum, document) => sum + (document.sum - value * document.count) ** 2, 0);
  const clusters = used.length;
  return { value, variance: clusters < 2 ? null : (clusters / (clusters - 1)) * (squares / n ** 2), n, clusters };
}
