import { FieldReader } from '../suite/fields.ts';
import { type Json } from '../run/run.ts';

const ADJUSTMENTS = ['benjamini-hochberg', 'holm'] as const;

/** Settings of a run of kind `suite`, all written out. */
export interface CompareSettings {
  /** Of resampling: equal seeds give equal results. */
  readonly seed: number;
  /** Of a bootstrap interval. With very many items fewer are drawn, a function of their number. */
  readonly resamples: number;
  /** Of p-values, over all tests of the run. */
  readonly adjust: (typeof ADJUSTMENTS)[number];
}

const DEFAULTS: CompareSettings = { seed: 1, resamples: 2000, adjust: 'benjamini-hochberg' };
const MAX_SEED = 2 ** 32 - 1;

/** Settings with what was left out at its default. @throws EvaluationError naming the setting at fault */
export function compareSettings(given: Json): CompareSettings {
  const read: FieldReader = new FieldReader(given, 'settings', 'malformed-settings');
  read.only(Object.keys(DEFAULTS));
  return {
    seed: read.has('seed') ? read.whole('seed', { min: 0, max: MAX_SEED }) : DEFAULTS.seed,
    resamples: read.has('resamples') ? read.whole('resamples', { min: 200, max: 20_000 }) : DEFAULTS.resamples,
    adjust: read.has('adjust') ? read.choice('adjust', ADJUSTMENTS) : DEFAULTS.adjust,
  };
}
