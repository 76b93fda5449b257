import { EvaluationError } from '../evaluation-error.ts';
import { type RunSpec } from './run.ts';

export interface NumberRange {
  readonly low: number;
  readonly high: number;
  readonly whole: boolean;
}

/**
 * Settings of a run that are numbers, those left out at their defaults.
 * @param kind of run, for errors
 * @param others names of settings that somebody else reads
 * @throws EvaluationError naming the one at fault
 */
export function numberSettings<T extends object>(kind: string, given: RunSpec['settings'], ranges: { readonly [K in keyof T]: NumberRange }, defaults: T, others: readonly string[] = []): T {
  const names = Object.keys(ranges) as (keyof T & string)[];
  const known: readonly string[] = [...names, ...others];
  const stranger = Object.keys(given).find((name) => !known.includes(name));
  if (stranger !== undefined) throw new EvaluationError('unknown-setting', `settings.${stranger}`, `A run of kind ${kind} takes ${known.join(', ')}.`);
  const chosen = names.map((name) => {
    const { low, high, whole } = ranges[name];
    const value = given[name] ?? defaults[name];
    if (typeof value === 'number' && value >= low && value <= high && (!whole || Number.isInteger(value))) return [name, value] as const;
    throw new EvaluationError('setting-out-of-range', `settings.${name}`, `Give ${whole ? 'a whole number' : 'a number'} from ${low} to ${high}.`);
  });
  return Object.fromEntries(chosen) as T;
}
