import { createHash } from 'node:crypto';
import { type ReleaseManifest } from '#libs/release/manifest';
import { EvaluationError } from '../evaluation-error.ts';
import { type RunInputs } from '../run/assay.ts';
import { type Json } from '../run/run.ts';
import { type ConcentrationSettings } from './concentration-settings.ts';
import { parseItems, safetyItem, type SafetyClass, type SafetyItem } from '../suite/items.ts';

const MAX_ITEMS = 20_000;
/** Fewer prompts of a class than this say nothing of how much prompts differ. */
const MIN_PROMPTS = 3;

/** What the statistics need of an item. JSON: it is the part of the first step, so that the end needs no dataset. */
export interface ItemOutline {
  readonly class: SafetyClass;
  /** Digest of its prompt: items of one prompt depend on each other. */
  readonly prompt: string;
}

/** Steps of one kind: one for each chunk of items of each experiment, from the step `from` on. */
export interface Stage {
  readonly kind: 'outline' | 'baseline' | 'knock-out' | 'set';
  /** Of a set: how many carriers are known before it. 0 otherwise. */
  readonly round: number;
  readonly from: number;
  readonly experiments: number;
  readonly chunks: number;
}

/** Which step measures what, however little is known yet. */
export interface ConcentrationLayout {
  readonly settings: ConcentrationSettings;
  readonly items: readonly ItemOutline[];
  /** Positions in `items` of those that experts are left out for. */
  readonly refused: readonly number[];
  readonly stages: readonly Stage[];
}

/** Datasets of the safety tasks, each once. @throws EvaluationError where there is none */
export function safetyDatasets({ suite }: Pick<RunInputs, 'suite'>): readonly string[] {
  const tasks = suite.tasks.filter(({ kind }) => kind === 'safety');
  if (tasks.length === 0) throw new EvaluationError('no-safety-task', 'suite', 'The suite has no task of the kind safety. Choose one that has.');
  return [...new Set(tasks.map(({ dataset }) => dataset))];
}

/** Items of all safety tasks, in order. @throws EvaluationError where they are malformed, too few or too many */
export async function safetyItems(inputs: Pick<RunInputs, 'suite' | 'dataset'>): Promise<readonly SafetyItem[]> {
  const items: SafetyItem[] = [];
  for (const sha256 of safetyDatasets(inputs)) items.push(...parseItems(await inputs.dataset(sha256), safetyItem));
  if (items.length > MAX_ITEMS) throw new EvaluationError('too-many-items', 'suite', `The safety tasks have ${items.length} items; a run takes ${MAX_ITEMS}.`);
  for (const kind of ['harmful', 'harmless'] as const) {
    const prompts = new Set(items.filter((item) => item.class === kind).map(({ prompt }) => prompt)).size;
    if (prompts < MIN_PROMPTS) throw new EvaluationError('too-few-prompts', 'suite', `The safety tasks have ${prompts} ${kind} prompts; give at least ${MIN_PROMPTS}.`);
  }
  return items;
}

export function outlineOf(items: readonly SafetyItem[]): ItemOutline[] {
  return items.map(({ class: kind, prompt }) => ({ class: kind, prompt: createHash('sha256').update(prompt, 'utf8').digest('hex').slice(0, 16) }));
}

export function layOut(items: readonly ItemOutline[], settings: ConcentrationSettings, { layers, experts }: Pick<ReleaseManifest['shape'], 'layers' | 'experts'>): ConcentrationLayout {
  const refused = [...items.entries()].flatMap(([at, item]) => (item.class === 'harmless' ? [] : [at])).slice(0, settings.knockOutItems);
  // A layer's only expert cannot be left out.
  const knockOuts = experts < 2 ? 0 : Math.min(settings.maxKnockOuts, layers * experts);
  const stages: Stage[] = [];
  let from = 0;
  const add = (kind: Stage['kind'], round: number, experiments: number, count: number): void => {
    const chunks = Math.ceil(count / settings.itemsPerStep);
    stages.push({ kind, round, from, experiments, chunks });
    from += experiments * chunks;
  };
  add('outline', 0, 1, 1);
  add('baseline', 0, 1, items.length);
  add('knock-out', 0, knockOuts, refused.length);
  for (let round = 1; round < settings.maxCarriers; round += 1) add('set', round, Math.min(settings.setCandidates, knockOuts), refused.length);
  return { settings, items, refused, stages };
}

/** The stages of which each layout has one. */
export function stageOf({ stages }: ConcentrationLayout, kind: Exclude<Stage['kind'], 'set'>): Stage {
  return stages.find((stage) => stage.kind === kind)!;
}

/** Items of a step: a slice of all items, or of those to be refused. */
export function itemsOf({ settings, refused }: ConcentrationLayout, items: readonly SafetyItem[], { kind }: Stage, chunk: number): readonly SafetyItem[] {
  const all = kind === 'baseline' ? items : refused.map((at) => items[at]!);
  return all.slice(chunk * settings.itemsPerStep, (chunk + 1) * settings.itemsPerStep);
}

/** Parts of one experiment of a stage, chunk by chunk. */
export function partsOf(parts: readonly Json[], { from, chunks }: Stage, experiment: number): readonly Json[] {
  return parts.slice(from + experiment * chunks, from + (experiment + 1) * chunks);
}
