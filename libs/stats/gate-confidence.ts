/** Summary of the largest gate weight of each decision, from a histogram over [0, 1]. No unit. */
export interface GateConfidence {
  readonly decisions: number;
  readonly mean: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  /** Largest error that the histogram's bins allow, for each of the above: half a bin. */
  readonly resolution: number;
}

/**
 * Mean (from bin centres) and quantiles (linear inside the bin) of values in [0, 1] that were counted
 * in equal bins. Null when nothing was counted.
 */
export function gateConfidence(bins: readonly number[]): GateConfidence | null {
  const decisions = bins.reduce((sum, count) => sum + count, 0);
  if (decisions === 0) return null;
  const width = 1 / bins.length;
  const mean = bins.reduce((sum, count, bin) => sum + count * (bin + 0.5) * width, 0) / decisions;
  return {
    decisions,
    mean,
    p10: quantile(bins, decisions, 0.1),
    p50: quantile(bins, decisions, 0.5),
    p90: quantile(bins, decisions, 0.9),
    resolution: width / 2,
  };
}

function quantile(bins: readonly number[], decisions: number, q: number): number {
  const width = 1 / bins.length;
  const rank = q * decisions;
  let before = 0;
  for (const [bin, count] of bins.entries()) {
    if (count > 0 && before + count >= rank) return (bin + Math.max(0, rank - before) / count) * width;
    before += count;
  }
  return 1;
}
