import { EvaluationError } from '../evaluation-error.ts';
import { type NumberRange, numberSettings } from '../run/number-settings.ts';
import { type RunSpec } from '../run/run.ts';

export interface RecalibrationSettings {
  /** Items taken of the suite's likelihood tasks, evenly spread; every other one fits the bias, the rest judge it. */
  readonly maxItems: number;
  readonly itemsPerStep: number;
  /** Times that the bias is moved and the usage counted anew. */
  readonly rounds: number;
  /** Of the first round, in logits by the natural logarithm of an expert's excess load; each round takes 0.85 of the one before. */
  readonly rate: number;
  /** Parts of the bias that are judged, beside none of it. */
  readonly strengths: readonly number[];
  /** Largest loss of quality, upper end of its interval, with which a bias is proposed. Bits per byte. */
  readonly maxLossBitsPerByte: number;
}

const RECALIBRATION_DEFAULTS: RecalibrationSettings = { maxItems: 96, itemsPerStep: 8, rounds: 10, rate: 0.5, strengths: [0.25, 0.5, 0.75, 1], maxLossBitsPerByte: 0.01 };

const RANGES: { readonly [K in Exclude<keyof RecalibrationSettings, 'strengths'>]: NumberRange } = {
  maxItems: { low: 8, high: 10_000, whole: true },
  itemsPerStep: { low: 1, high: 1000, whole: true },
  rounds: { low: 1, high: 100, whole: true },
  rate: { low: 0.001, high: 10, whole: false },
  maxLossBitsPerByte: { low: 0, high: 10, whole: false },
};
const MAX_STRENGTHS = 16;

/** Settings of a run, those left out at their defaults. @throws EvaluationError naming the one at fault */
export function recalibrationSettings(given: RunSpec['settings']): RecalibrationSettings {
  const { strengths: usual, ...defaults } = RECALIBRATION_DEFAULTS;
  const numbers = numberSettings('recalibration', given, RANGES, defaults, ['strengths']);
  const strengths = given['strengths'] ?? usual;
  const isList = Array.isArray(strengths) && strengths.length > 0 && strengths.length <= MAX_STRENGTHS && strengths.every((value) => typeof value === 'number' && value > 0 && value <= 2);
  if (!isList) throw new EvaluationError('setting-out-of-range', 'settings.strengths', `Give 1 to ${MAX_STRENGTHS} numbers above 0 and at most 2.`);
  return { ...numbers, strengths: strengths as readonly number[] };
}
