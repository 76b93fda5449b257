import { createHash } from 'node:crypto';
import { TOKENIZER, type Sha256 } from '#libs/release/component';
import { canonicalJson } from '#libs/release/manifest-digest';
import { type ModelDescription } from './architectures/architecture.ts';
import { architectureOf } from './architectures/registry.ts';
import { CheckpointError } from './checkpoint-error.ts';
import { planComponent, type ComponentPlan } from './component-content.ts';
import { openFolder, parseJson, readText } from './hugging-face/checkpoint-folder.ts';
import { readJsonText, readTokenizerBundle } from './hugging-face/tokenizer-bundle.ts';
import { readWeightTable } from './hugging-face/weight-table.ts';

/** A checkpoint that has been read as far as its headers and found complete. */
export interface ImportPlan {
  /** Resolved path of the checkpoint's folder. */
  readonly directory: string;
  readonly description: ModelDescription;
  readonly tokenizer: { readonly component: typeof TOKENIZER; readonly bytes: Uint8Array };
  readonly weights: readonly ComponentPlan[];
  readonly bytesTotal: number;
  /** Tensors that no component takes and that may matter. */
  readonly ignoredTensors: readonly string[];
}

const CONFIG = 'config.json';
const MAX_CONFIG_BYTES = 1024 * 1024;

/**
 * Reads everything but the weights, so that most faults are found before a byte is written.
 * @throws CheckpointError
 */
export async function planImport(directory: string): Promise<ImportPlan> {
  const folder = await openFolder(directory);
  const text = await readText(folder, CONFIG, MAX_CONFIG_BYTES);
  if (text === null) {
    throw new CheckpointError('missing-config', { file: CONFIG }, `${directory} holds no ${CONFIG}. Give the folder of a Hugging Face checkpoint.`);
  }
  const config = parseJson(CONFIG, text);
  const generation = await readJsonText(folder, 'generation_config.json');
  const architecture = architectureOf(config);
  const description = architecture.describe(config, generation === null ? null : parseJson('generation_config.json', generation));
  const bytes = await readTokenizerBundle(folder, description.shape.vocabSize);
  const table = await readWeightTable(folder);
  const weights: ComponentPlan[] = [];
  const taken = new Set<string>();
  for (const source of architecture.components(description.shape, (tensor) => table.has(tensor))) {
    weights.push(planComponent(source, table));
    for (const { from } of source.tensors) taken.add(from);
  }
  return {
    directory: folder.path,
    description,
    tokenizer: { component: TOKENIZER, bytes },
    weights,
    bytesTotal: weights.reduce((sum, { sizeBytes }) => sum + sizeBytes, bytes.byteLength),
    ignoredTensors: [...table.keys()].filter((name) => !taken.has(name) && !architecture.isDispensable(name)).toSorted(),
  };
}

/** Identity of the bytes that a component file is made of; equal identity, equal component. */
export function sourceIdentity(plan: ComponentPlan): Sha256 {
  const runs = plan.runs.map(({ file, begin, sizeBytes }) => [file.path, file.identity, begin, sizeBytes]);
  return createHash('sha256').update(plan.header).update(canonicalJson(runs)).digest('hex');
}
