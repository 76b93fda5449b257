import { EvaluationError } from '../evaluation-error.ts';
import { type RunInputs } from '../run/assay.ts';
import { parseItems, textItem } from './items.ts';

const MAX_ITEMS = 100_000;
/** Fewer items say nothing of how much items differ. */
const MIN_ITEMS = 4;

/** A text, and where it came from. */
export interface Text {
  readonly text: string;
  /** Line of its dataset, from 1. */
  readonly line: number;
}

/** Datasets of the likelihood tasks, each once. @throws EvaluationError where there is none */
export function likelihoodDatasets({ suite }: Pick<RunInputs, 'suite'>): readonly string[] {
  const tasks = suite.tasks.filter(({ kind }) => kind === 'likelihood');
  if (tasks.length === 0) throw new EvaluationError('no-likelihood-task', 'suite', 'The suite has no task of the kind likelihood. Choose one that has.');
  return [...new Set(tasks.map(({ dataset }) => dataset))];
}

/** Evenly spread over all texts, so that each task and each part of it is there. @throws EvaluationError where they are malformed, too few or too many */
export async function chosenTexts(inputs: Pick<RunInputs, 'suite' | 'dataset'>, most: number, least = MIN_ITEMS): Promise<readonly Text[]> {
  const all: Text[] = [];
  for (const sha256 of likelihoodDatasets(inputs)) {
    const items = parseItems(await inputs.dataset(sha256), textItem);
    all.push(...items.map(({ text }, at) => ({ text, line: at + 1 })));
  }
  if (all.length < least || all.length > MAX_ITEMS) throw new EvaluationError('item-count', 'suite', `The likelihood tasks have ${all.length} texts; give ${least} to ${MAX_ITEMS}.`);
  const count = Math.min(most, all.length);
  return Array.from({ length: count }, (_, at) => all[Math.floor((at * all.length) / count)]!);
}
