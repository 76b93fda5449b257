import { EvaluationError } from '../evaluation-error.ts';
import { type Json } from '../run/run.ts';

export interface PrivacySettings {
  readonly seed: number;
  /** Label of the items that is the sensitive class. */
  readonly classLabel: string;
  /** Share of the documents that the attacker is measured on. */
  readonly heldOutShare: number;
  /** Documents that are read at most, and tokens of each. */
  readonly maxDocuments: number;
  readonly maxTokensPerDocument: number;
  /** Tokens that the attacker is trained on at most; more makes it stronger. */
  readonly trainTokens: number;
  readonly epochs: number;
  /** Share of requests whose trace is kept at the level `sampled`. */
  readonly sampledShare: number;
  /** Requests that an aggregate is over, one level for each. */
  readonly aggregateOf: readonly number[];
  /** Bounds that a level must keep to be recommended. */
  readonly maxTokenRecovery: number;
  readonly maxClassAuc: number;
  /** Level that the verdict is about: what is kept, or is meant to be. */
  readonly level: string;
}

const MAX_AGGREGATE = 10_000;
const NAMES = ['seed', 'classLabel', 'heldOutShare', 'maxDocuments', 'maxTokensPerDocument', 'trainTokens', 'epochs', 'sampledShare', 'aggregateOf', 'maxTokenRecovery', 'maxClassAuc', 'level'];
const LEVEL = /^(?:full|routes|aggregate-\d+)$/;

/**
 * Settings of a run, defaults written out.
 * @throws EvaluationError naming the field
 */
export function privacySettings(settings: { readonly [name: string]: Json }): PrivacySettings {
  const stranger = Object.keys(settings).find((name) => !NAMES.includes(name));
  if (stranger !== undefined) throw new EvaluationError('unknown-setting', `settings.${stranger}`, `A privacy run takes ${NAMES.join(', ')}.`);
  const number = (name: string, low: number, high: number, whole: boolean, fallback: number): number => {
    const value = settings[name] ?? fallback;
    if (typeof value !== 'number' || !(value >= low && value <= high) || (whole && !Number.isInteger(value))) {
      throw new EvaluationError('bad-setting', `settings.${name}`, `settings.${name}: give a ${whole ? 'whole number' : 'number'} from ${low} to ${high}; left out it is ${fallback}.`);
    }
    return value;
  };
  const aggregateOf = settings['aggregateOf'] ?? [1, 5, 20];
  if (!isCounts(aggregateOf)) throw new EvaluationError('bad-setting', 'settings.aggregateOf', `settings.aggregateOf: give 1 to 5 ascending whole numbers from 1 to ${MAX_AGGREGATE}, such as [1, 5, 20].`);
  const classLabel = settings['classLabel'] ?? 'domain';
  if (typeof classLabel !== 'string' || classLabel === '') throw new EvaluationError('bad-setting', 'settings.classLabel', 'settings.classLabel: give the name of a label of the items, such as domain.');
  const level = settings['level'] ?? 'routes';
  if (typeof level !== 'string' || !LEVEL.test(level) || (level.startsWith('aggregate-') && !aggregateOf.includes(Number(level.slice('aggregate-'.length))))) {
    throw new EvaluationError('bad-setting', 'settings.level', 'settings.level: give full, routes, or aggregate-K with K one of settings.aggregateOf.');
  }
  return {
    seed: number('seed', 0, 2 ** 32 - 1, true, 1),
    classLabel,
    heldOutShare: number('heldOutShare', 0.05, 0.9, false, 0.3),
    maxDocuments: number('maxDocuments', 4, 100_000, true, 2000),
    maxTokensPerDocument: number('maxTokensPerDocument', 8, 65_536, true, 256),
    trainTokens: number('trainTokens', 100, 10_000_000, true, 16_000),
    epochs: number('epochs', 1, 100, true, 3),
    sampledShare: number('sampledShare', 0, 1, false, 0.1),
    aggregateOf,
    maxTokenRecovery: number('maxTokenRecovery', 0, 1, false, 0.1),
    maxClassAuc: number('maxClassAuc', 0.5, 1, false, 0.8),
    level,
  };
}

function isCounts(value: Json): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= 5 &&
    value.every((count: Json, at) => typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= MAX_AGGREGATE && (at === 0 || count > (value[at - 1] as number)))
  );
}
