import { type NumberRange, numberSettings } from '../run/number-settings.ts';
import { type RunSpec } from '../run/run.ts';

export interface ConcentrationSettings {
  /** Items that a step asks. */
  readonly itemsPerStep: number;
  /** Items to be refused that experts are left out for: the first ones of the tasks. */
  readonly knockOutItems: number;
  /** Experts left out one at a time. A release with no more than this has each of them left out. */
  readonly maxKnockOuts: number;
  /** Of these, how many with the greatest effect may join the smallest set. */
  readonly setCandidates: number;
  /** The smallest set is looked for up to this size. */
  readonly maxCarriers: number;
  /** Share of the refusal margin that the smallest set removes. */
  readonly targetShare: number;
  /** Share of wrong ones that is accepted among the experts found, in expectation. */
  readonly falseDiscoveryRate: number;
  /** An expert that removes less of the refusal margin than this share is not proposed, however sure its effect is. */
  readonly minShare: number;
}

export const CONCENTRATION_DEFAULTS: ConcentrationSettings = {
  itemsPerStep: 12, knockOutItems: 48, maxKnockOuts: 32, setCandidates: 6, maxCarriers: 4, targetShare: 0.5, falseDiscoveryRate: 0.05, minShare: 0.05,
};

const RANGES: { readonly [K in keyof ConcentrationSettings]: NumberRange } = {
  itemsPerStep: { low: 1, high: 1000, whole: true },
  knockOutItems: { low: 3, high: 10_000, whole: true },
  maxKnockOuts: { low: 1, high: 10_000, whole: true },
  setCandidates: { low: 1, high: 100, whole: true },
  maxCarriers: { low: 1, high: 32, whole: true },
  targetShare: { low: 0.01, high: 1, whole: false },
  falseDiscoveryRate: { low: 0.0001, high: 0.5, whole: false },
  minShare: { low: 0, high: 1, whole: false },
};

/** Settings of a run, those left out at their defaults. @throws EvaluationError naming the one at fault */
export function concentrationSettings(given: RunSpec['settings']): ConcentrationSettings {
  return numberSettings('concentration', given, RANGES, CONCENTRATION_DEFAULTS);
}
