import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { importCheckpoint, type ImportProgress } from '#libs/checkpoint/import-checkpoint';
import { type Releases } from '#libs/store/releases/releases';

export type DemoModelDecision = 'turned-off' | 'models-exist' | 'folder-missing' | 'import';

/** The demo model is for an empty Signalbox; who has imported a model of their own is not given another. */
export function decideDemoModel(facts: { readonly modelDir: string | null; readonly models: number; readonly folderExists: boolean }): DemoModelDecision {
  if (facts.modelDir === null) return 'turned-off';
  if (facts.models > 0) return 'models-exist';
  return facts.folderExists ? 'import' : 'folder-missing';
}

export interface DemoModelRequest {
  readonly home: string;
  readonly modelDir: string | null;
  readonly releases: Pick<Releases, 'activations' | 'save'>;
  readonly now: () => number;
  readonly onProgress: (progress: ImportProgress) => void;
}

/**
 * Imports the demo model at the first start; returns the names of the models that serve then.
 * An import that was cut off goes on at the next start.
 */
export async function ensureDemoModel({ home, modelDir, releases, now, onProgress }: DemoModelRequest): Promise<{ decision: DemoModelDecision; models: string[] }> {
  const models = (await releases.activations()).map(({ model }) => model);
  const decision = decideDemoModel({ modelDir, models: models.length, folderExists: modelDir !== null && existsSync(join(modelDir, 'config.json')) });
  if (decision !== 'import' || modelDir === null) return { decision, models };
  const model = basename(modelDir);
  const store = await ComponentStore.open(join(home, 'components'), now());
  const { manifest, releaseId, components } = await importCheckpoint({ directory: modelDir, model, store, journalDirectory: join(home, 'imports'), onProgress });
  const sizesBytes = Object.fromEntries(components.map(({ sha256, sizeBytes }) => [sha256, sizeBytes]));
  const createdAtMs = now();
  await releases.save(
    { releaseId, model, manifest, importedFrom: modelDir, createdAtMs, sizesBytes },
    { atMs: createdAtMs, actor: 'system', action: 'release.import', subject: `model/${model}`, detail: { releaseId, reason: 'demo-model' }, requestId: null },
  );
  return { decision, models: [model] };
}
