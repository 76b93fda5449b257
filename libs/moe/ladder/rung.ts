/** What may serve a decision whose selected experts are partly unavailable. dense: nothing here; another model should answer. */
export type Rung = 'renormalise' | 'next-best' | 'generalist' | 'dense';

/** Of releases that say nothing else. */
export const DEFAULT_LADDER: readonly Rung[] = ['renormalise', 'next-best'];

/** What is left for one decision. */
export interface LadderFacts {
  /** Whether any selected expert is unavailable. */
  readonly lost: boolean;
  /** Whether selected experts are left that carry gate mass. */
  readonly selectedLeft: boolean;
  /** Whether any expert is left that the request may use. */
  readonly anyLeft: boolean;
  /** Whether the layer has a generalist that is left and that the request may use. */
  readonly generalistLeft: boolean;
}

/** Which rung serves, and why. whole: nothing is lost. */
export type LadderDecision =
  | { readonly rung: 'whole'; readonly reason: 'all-available' }
  | { readonly rung: 'renormalise'; readonly reason: 'selected-experts-left' }
  | { readonly rung: 'next-best'; readonly reason: 'other-experts-left' }
  | { readonly rung: 'generalist'; readonly reason: 'generalist-left' }
  | { readonly rung: 'dense'; readonly reason: 'ladder-ends-dense' | 'no-rung-can-serve' };

const WHOLE: LadderDecision = { rung: 'whole', reason: 'all-available' };
const RENORMALISE: LadderDecision = { rung: 'renormalise', reason: 'selected-experts-left' };
const NEXT_BEST: LadderDecision = { rung: 'next-best', reason: 'other-experts-left' };
const GENERALIST: LadderDecision = { rung: 'generalist', reason: 'generalist-left' };
const ENDS_DENSE: LadderDecision = { rung: 'dense', reason: 'ladder-ends-dense' };
const NONE: LadderDecision = { rung: 'dense', reason: 'no-rung-can-serve' };

/** The first rung of the ladder that can serve. Allocates nothing. */
export function decideRung(rungs: readonly Rung[], facts: LadderFacts): LadderDecision {
  if (!facts.lost) return WHOLE;
  for (const rung of rungs) {
    if (rung === 'renormalise' && facts.selectedLeft) return RENORMALISE;
    if (rung === 'next-best' && facts.anyLeft) return NEXT_BEST;
    if (rung === 'generalist' && facts.generalistLeft) return GENERALIST;
    if (rung === 'dense') return ENDS_DENSE;
  }
  return NONE;
}
