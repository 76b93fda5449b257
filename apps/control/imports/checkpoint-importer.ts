import { type ComponentStore } from '#libs/checkpoint/components/component-store';
import { importCheckpoint } from '#libs/checkpoint/import-checkpoint';
import { type ReleaseManifest } from '#libs/release/manifest';
import { diffManifests } from '#libs/release/release-diff';
import { summariseDiff } from '#libs/release/release-summary';
import { type Releases } from '#libs/store/releases/releases';
import { type ActivationDesk } from '../models/activation-desk.ts';
import { type CheckpointImporter } from './import-ports.ts';
import { type SaveImported } from './stored-imported-releases.ts';

export interface ImporterParts {
  readonly components: ComponentStore;
  /** Folder for the journals of interrupted imports. */
  readonly journalDirectory: string;
  readonly releases: Pick<Releases, 'find' | 'activation'>;
  readonly save: SaveImported;
  readonly desk: Pick<ActivationDesk, 'command'>;
  /** One import at a time, of all processes: waits for its turn until the signal aborts. */
  readonly alone: <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;
  readonly now: () => number;
}

/** Imports into the component store and saves the release; its components are there before it is. */
export function checkpointImporter({ components, journalDirectory, releases, save, desk, alone, now }: ImporterParts): CheckpointImporter {
  return {
    run: (order, signal, onProgress) =>
      alone(signal, async () => {
        const { directory, model, activate, actor, note = '' } = order;
        const imported = await importCheckpoint({
          directory,
          model,
          store: components,
          journalDirectory,
          signal,
          onProgress: ({ phase, bytesDone, bytesTotal }) => onProgress({ stage: phase, doneBytes: bytesDone, totalBytes: bytesTotal }),
        });
        const { releaseId, manifest } = imported;
        const parentId = order.parent ?? (await releases.activation(model))?.stableRelease ?? null;
        const parent = parentId === null || parentId === releaseId ? null : await releases.find(parentId);
        const diff = parent && diffManifests(named(parent.manifest, model), manifest);
        const summary = parentId === releaseId ? 'the same release as its parent; nothing is new' : diff ? summariseDiff(diff, manifest) : `${imported.components.length} components, no parent to compare with`;
        const createdAtMs = now();
        const origin = { parentRelease: parent?.releaseId ?? null, kind: diff?.kind ?? null, summary, createdBy: actor, note };
        const saved = await save(
          { releaseId, model, manifest, importedFrom: directory, createdAtMs, origin, diff, sizesBytes: Object.fromEntries(imported.components.map(({ sha256, sizeBytes }) => [sha256, sizeBytes])) },
          { atMs: createdAtMs, actor, action: 'release.import', subject: `release/${releaseId}`, detail: { directory, releaseId, summary }, after: origin, requestId: null, ...(note === '' ? {} : { reason: note }) },
        );
        if (activate && saved !== 'saved-and-activated') {
          const current = await releases.activation(model);
          if (current?.stableRelease !== releaseId) {
            const context = { caller: { accountId: actor, name: actor, keyId: null }, expectedGeneration: current?.generation ?? 0, reason: `import of ${directory}`, cause: 'direct' } as const;
            await desk.command(model, { type: 'activate', releaseId }, context).catch((error: unknown) => {
              throw new Error(`release ${releaseId} is saved, but was not activated: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
            });
          }
        }
        return { releaseId, summary, warnings: imported.warnings };
      }),
  };
}

/** A parent of another name changes nothing by its name: it is given by who imports. */
function named(manifest: ReleaseManifest, model: string): ReleaseManifest {
  return { ...manifest, model };
}
