import { designEffect, designEffectFloor, type ClusteredCounts } from '#libs/stats/design-effect';
import { total } from '#libs/stats/entropy';
import { type LayerUsage } from '#libs/trace/usage';

/** What a detector makes of the figures of one window. */
export interface WindowFinding<Reason extends string = string> {
  /** null where there is too little to say. */
  readonly value: number | null;
  /** 95 % interval of the value. */
  readonly interval: { readonly low: number; readonly high: number } | null;
  readonly reason: Reason | WindowGap;
}

/** Why there is no value. */
export type WindowGap = 'too-few-requests' | 'nothing-selected' | 'no-reference';

/** One layer over one window, or over the reference period. */
export interface LayerWindow {
  readonly usage: LayerUsage;
  /** Experts that each token selects. */
  readonly topK: number;
}

/** Below how many requests nothing is said. */
export interface WindowLimits {
  readonly minRequests: number;
}

export function gap(reason: WindowGap): WindowFinding<never> {
  return { value: null, interval: null, reason };
}

export function clusteredOf({ load, cross, sumSquaresCells, sumSquaresRequests, requests }: LayerUsage): ClusteredCounts {
  return { load: [...load], crossLoad: [...cross], sumSquaresCells, sumSquaresRequests, requests };
}

/** Selections divided by their design effect, by whole requests (Rao & Scott 1981); 0 when nothing was selected. */
export function effectiveSelections({ usage, topK }: LayerWindow): number {
  const counts = clusteredOf(usage);
  const effect = designEffect(counts, designEffectFloor(counts.load.length, topK));
  // One request says nothing of how much requests differ: it then counts as one selection.
  return effect === null ? Math.min(1, total(counts.load)) : total(counts.load) / effect;
}

/**
 * Requests' worth of independent decisions when all decisions of a request are taken to be alike:
 * (sum n_r)^2 / sum n_r^2 (Kish 1965, Survey Sampling, section 11.7). A floor of what there really is.
 */
export function effectiveRequests({ load, sumSquaresRequests }: LayerUsage): number {
  const selections = total([...load]);
  return sumSquaresRequests > 0 ? selections ** 2 / sumSquaresRequests : 0;
}
