import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type CheckpointImporter } from '../control/imports/import-ports.ts';

export type DemoModelDecision = 'turned-off' | 'models-exist' | 'folder-missing' | 'import';

/** The demo model is for an empty Signalbox; who has imported a model of their own is not given another. */
export function decideDemoModel(facts: { readonly modelDir: string | null; readonly models: number; readonly folderExists: boolean }): DemoModelDecision {
  if (facts.modelDir === null) return 'turned-off';
  if (facts.models > 0) return 'models-exist';
  return facts.folderExists ? 'import' : 'folder-missing';
}

export interface DemoModelRequest {
  readonly modelDir: string | null;
  /** Names of the models there are. */
  readonly models: readonly string[];
  readonly importer: CheckpointImporter;
  /** Bytes written so far and in all; 0 in all while not known. */
  readonly onProgress: (doneBytes: number, totalBytes: number) => void;
}

/**
 * Imports the demo model at the first start; returns the names of the models that serve then.
 * An import that was cut off goes on at the next start.
 */
export async function ensureDemoModel({ modelDir, models, importer, onProgress }: DemoModelRequest): Promise<{ decision: DemoModelDecision; models: readonly string[] }> {
  const decision = decideDemoModel({ modelDir, models: models.length, folderExists: modelDir !== null && existsSync(join(modelDir, 'config.json')) });
  if (decision !== 'import' || modelDir === null) return { decision, models };
  const model = basename(modelDir);
  await importer.run({ directory: modelDir, model, activate: true, actor: 'system' }, new AbortController().signal, ({ doneBytes, totalBytes }) => onProgress(doneBytes, totalBytes));
  return { decision, models: [model] };
}
