/** How fast one expert ran. */
export interface ExpertSpeed {
  readonly expert: number;
  /** Runs in the window. */
  readonly runs: number;
  /** Median of a run. */
  readonly medianMs: number;
  /** Median of a run before, of the same release; null where nothing is known. */
  readonly pastMedianMs: number | null;
}

export interface SlowExpertLimits {
  /** Fewer runs say nothing. */
  readonly minRuns: number;
}

export interface SlowExpert {
  readonly expert: number;
  /** How many times slower it is than others and than before, the smaller of the two. */
  readonly value: number;
  readonly againstLayer: number;
  /** null where nothing is known of before. */
  readonly againstPast: number | null;
  readonly reason: 'against-layer' | 'against-layer-and-past';
}

/**
 * Experts of one layer against the median of their medians, and each against its own past. The smaller ratio
 * counts: a busy expert is always slower than others, and on a busy machine all are slower than before; only
 * one that is both has changed. A run's latency grows with its tokens. Experts with too few runs are left out.
 */
export function measureSlowExperts(speeds: readonly ExpertSpeed[], { minRuns }: SlowExpertLimits): readonly SlowExpert[] {
  const known = speeds.filter(({ runs, medianMs }) => runs >= minRuns && medianMs > 0);
  // Of two, neither is the odd one out.
  if (known.length < 3) return [];
  const layerMs = median(known.map(({ medianMs }) => medianMs));
  return known.map(({ expert, medianMs, pastMedianMs }) => {
    const againstLayer = medianMs / layerMs;
    const againstPast = pastMedianMs !== null && pastMedianMs > 0 ? medianMs / pastMedianMs : null;
    return { expert, value: Math.min(againstLayer, againstPast ?? againstLayer), againstLayer, againstPast, reason: againstPast === null ? 'against-layer' : 'against-layer-and-past' };
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
