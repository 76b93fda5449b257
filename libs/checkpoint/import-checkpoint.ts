import { createHash } from 'node:crypto';
import { type ComponentName, type Sha256 } from '#libs/release/component';
import { isModelName, releaseIdOf, validateManifest } from '#libs/release/manifest-digest';
import { type ReleaseManifest } from '#libs/release/manifest';
import { CheckpointError } from './checkpoint-error.ts';
import { componentContent } from './component-content.ts';
import { type ComponentStore, type WrittenComponent } from './components/component-store.ts';
import { ImportJournal } from './import-journal.ts';
import { planImport, sourceIdentity, type ImportPlan } from './import-plan.ts';

/** Weights are read, scanned, hashed and written in chunks of this size: the import's only large buffer. */
export const IMPORT_CHUNK_BYTES = 1024 * 1024;

export interface ImportProgress {
  readonly phase: 'checking' | 'writing' | 'publishing';
  readonly bytesDone: number;
  /** 0 while checking: not known yet. */
  readonly bytesTotal: number;
  /** Component being written; null outside of `writing`. */
  readonly component: ComponentName | null;
}

export interface ImportRequest {
  /** Folder of a Hugging Face checkpoint. */
  readonly directory: string;
  /** Name under which the model will be served. */
  readonly model: string;
  readonly store: ComponentStore;
  /** Folder for the journal by which an interrupted import goes on. */
  readonly journalDirectory: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ImportProgress) => void;
}

export interface ImportedComponent {
  readonly name: ComponentName;
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  /** True when the store held these bytes before. */
  readonly reused: boolean;
}

export interface ImportResult {
  readonly manifest: ReleaseManifest;
  readonly releaseId: Sha256;
  readonly components: readonly ImportedComponent[];
  /** What was left out and may matter, as sentences for the user. */
  readonly warnings: readonly string[];
}

/**
 * Turns a checkpoint into component versions and a release manifest. Nothing enters the store before
 * the whole checkpoint has been read and found good. An import that is aborted or killed goes on where
 * it was when it is started again; one that finds a fault leaves nothing.
 * @throws CheckpointError for what is wrong with the checkpoint; the signal's reason when aborted
 */
export async function importCheckpoint(request: ImportRequest): Promise<ImportResult> {
  const { store, signal = new AbortController().signal, onProgress = () => undefined } = request;
  if (!isModelName(request.model)) {
    throw new CheckpointError(
      'malformed-model-name',
      { field: 'model' },
      'The model name must have 1 to 128 letters, digits or . _ : / -, a letter or digit first.',
    );
  }
  signal.throwIfAborted();
  onProgress({ phase: 'checking', bytesDone: 0, bytesTotal: 0, component: null });
  const plan = await planImport(request.directory);
  const area = createHash('sha256').update(plan.directory).digest('hex').slice(0, 32);
  const journal = await ImportJournal.open(request.journalDirectory, area);
  try {
    const components = await writeComponents({ plan, store, area, journal, signal, onProgress });
    const manifest = manifestOf(request.model, plan, components);
    onProgress({ phase: 'publishing', bytesDone: plan.bytesTotal, bytesTotal: plan.bytesTotal, component: null });
    await store.publish(area, Object.values(manifest.components));
    await store.discard(area);
    await journal.remove();
    return { manifest, releaseId: releaseIdOf(manifest), components, warnings: warningsOf(plan) };
  } catch (error) {
    // A fault stays a fault, so there is nothing to resume.
    if (error instanceof CheckpointError) {
      await store.discard(area);
      await journal.remove();
    }
    throw error;
  }
}

interface WritingStage {
  readonly plan: ImportPlan;
  readonly store: ComponentStore;
  readonly area: string;
  readonly journal: ImportJournal;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ImportProgress) => void;
}

async function writeComponents(stage: WritingStage): Promise<ImportedComponent[]> {
  const { plan, store, area, journal, signal } = stage;
  const buffer = new Uint8Array(IMPORT_CHUNK_BYTES);
  const components: ImportedComponent[] = [];
  let bytesDone = 0;
  const counted = async function* (component: ComponentName, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      yield chunk;
      bytesDone += chunk.byteLength;
      stage.onProgress({ phase: 'writing', bytesDone, bytesTotal: plan.bytesTotal, component });
      signal.throwIfAborted();
    }
  };
  const note = (name: ComponentName, { sha256, sizeBytes, reused }: WrittenComponent): void => {
    components.push({ name, sha256, sizeBytes, reused });
  };
  const { tokenizer } = plan;
  note(tokenizer.component, await store.stage(area, counted(tokenizer.component, [tokenizer.bytes])));
  for (const weights of plan.weights) {
    const source = sourceIdentity(weights);
    const known = journal.find(source);
    if (known !== null && (await store.findStaged(area, known.sha256)) === known.sizeBytes) {
      bytesDone += known.sizeBytes;
      stage.onProgress({ phase: 'writing', bytesDone, bytesTotal: plan.bytesTotal, component: weights.component });
      note(weights.component, { ...known, reused: await store.has(known.sha256) });
      continue;
    }
    const written = await store.stage(area, counted(weights.component, componentContent(weights, buffer, signal)));
    await journal.add(source, written);
    note(weights.component, written);
  }
  return components;
}

function manifestOf(model: string, plan: ImportPlan, components: readonly ImportedComponent[]): ReleaseManifest {
  const manifest: ReleaseManifest = {
    format: 'signalbox.release/1',
    model,
    ...plan.description,
    components: Object.fromEntries(components.map(({ name, sha256 }) => [name, sha256])),
  };
  const [fault] = validateManifest(manifest);
  if (fault) throw new CheckpointError('malformed-config', { file: 'config.json', field: fault.field }, fault.message);
  return manifest;
}

function warningsOf({ ignoredTensors }: ImportPlan): string[] {
  if (ignoredTensors.length === 0) return [];
  const shown = ignoredTensors.slice(0, 10).join(', ');
  const more = ignoredTensors.length > 10 ? ` and ${ignoredTensors.length - 10} more` : '';
  return [`The engine does not use these tensors of the checkpoint: ${shown}${more}. If they matter, its answers will differ.`];
}
