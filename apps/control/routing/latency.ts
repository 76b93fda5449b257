import { DDSketch } from '@datadog/sketches-js';

export interface LatencyQuantilesMs {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/**
 * Quantiles in milliseconds of sketches that hold seconds; null when there is none. Each is within the
 * sketches' relative accuracy (Masson, Rim & Lee 2019, DDSketch).
 */
export function mergedQuantilesMs(sketches: readonly Uint8Array[]): LatencyQuantilesMs {
  const [first, ...rest] = sketches.map((bytes) => DDSketch.fromProto(bytes));
  if (!first) return { p50: null, p95: null, p99: null };
  for (const other of rest) first.merge(other);
  const at = (quantile: number): number | null => (first.count > 0 ? first.getValueAtQuantile(quantile) * 1000 : null);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
