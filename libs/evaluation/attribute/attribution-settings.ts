import { type NumberRange, numberSettings } from '../run/number-settings.ts';
import { type RunSpec } from '../run/run.ts';

export interface AttributionSettings {
  /** Texts that are scored, evenly spread over those of the likelihood tasks. */
  readonly items: number;
  /** Texts that a step scores. */
  readonly itemsPerStep: number;
  /** Draws the orders of the components and the resamples. 0 to 2^32 - 1. */
  readonly seed: number;
  /** Resamples of items behind each interval and each confidence. */
  readonly resamples: number;
  /** A change of less than this says nothing: bits/byte. */
  readonly minBitsPerByte: number;
  /** Up to this many players have all their coalitions scored. */
  readonly exactPlayers: number;
  /** Pairs of orders in which the players join, where there are more of them. */
  readonly orderPairs: number;
  /** Layers whose components are told apart: those with the largest shares. */
  readonly layers: number;
  /** Experts that are left out, in the old release and in the new one. */
  readonly knockOuts: number;
  /** Tokens that lost most, for which other routes are tried. */
  readonly fragileTokens: number;
  /** Other routes that are tried for each of them, in one layer. */
  readonly alternatives: number;
  /** Experts of a layer that are tried at each other's places. */
  readonly exchanged: number;
}

const ATTRIBUTION_DEFAULTS: AttributionSettings = {
  items: 64, itemsPerStep: 16, seed: 1, resamples: 1000, minBitsPerByte: 0.005, exactPlayers: 4, orderPairs: 4, layers: 3, knockOuts: 3, fragileTokens: 8, alternatives: 28, exchanged: 8,
};

const RANGES: { readonly [K in keyof AttributionSettings]: NumberRange } = {
  items: { low: 4, high: 4096, whole: true },
  itemsPerStep: { low: 1, high: 256, whole: true },
  seed: { low: 0, high: 0xffff_ffff, whole: true },
  resamples: { low: 100, high: 100_000, whole: true },
  minBitsPerByte: { low: 0, high: 100, whole: false },
  exactPlayers: { low: 1, high: 8, whole: true },
  orderPairs: { low: 1, high: 256, whole: true },
  layers: { low: 1, high: 64, whole: true },
  knockOuts: { low: 0, high: 64, whole: true },
  fragileTokens: { low: 0, high: 256, whole: true },
  alternatives: { low: 1, high: 256, whole: true },
  exchanged: { low: 0, high: 16, whole: true },
};

/** Settings of a run, those left out at their defaults. @throws EvaluationError naming the one at fault */
export function attributionSettings(given: RunSpec['settings']): AttributionSettings {
  return numberSettings('attribution', given, RANGES, ATTRIBUTION_DEFAULTS);
}
