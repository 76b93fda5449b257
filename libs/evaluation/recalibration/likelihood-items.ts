import { EvaluationError } from '../evaluation-error.ts';
import { type RunInputs } from '../run/assay.ts';
import { type Json } from '../run/run.ts';
import { type TextItem } from '../suite/items.ts';

const MIN_ITEMS = 8;

/** Texts of the suite's likelihood tasks, at most so many, evenly spread: every other one to fit with, the rest to judge by. */
export async function likelihoodItems({ suite, dataset }: Pick<RunInputs, 'suite' | 'dataset'>, maxItems: number): Promise<{ readonly fit: readonly TextItem[]; readonly judge: readonly TextItem[] }> {
  const items: TextItem[] = [];
  for (const task of suite.tasks) {
    if (task.kind === 'likelihood') for (const item of await dataset(task.dataset)) items.push(...textOf(item));
  }
  if (items.length < MIN_ITEMS) throw new EvaluationError('too-few-texts', 'suite.tasks', `A recalibration needs ${MIN_ITEMS} texts or more in tasks of kind likelihood; this suite has ${items.length}.`);
  const taken = Math.min(items.length, maxItems);
  const spread = Array.from({ length: taken }, (_, at) => items[Math.floor((at * items.length) / taken)]!);
  return { fit: spread.filter((_, at) => at % 2 === 0), judge: spread.filter((_, at) => at % 2 === 1) };
}

function textOf(item: Json): TextItem[] {
  const text = typeof item === 'object' && item !== null && 'text' in item ? item['text'] : null;
  return typeof text === 'string' && text !== '' ? [{ text, labels: {} }] : [];
}
