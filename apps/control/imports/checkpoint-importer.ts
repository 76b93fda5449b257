import { type ComponentStore } from '#libs/checkpoint/components/component-store';
import { importCheckpoint } from '#libs/checkpoint/import-checkpoint';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type Releases } from '#libs/store/releases/releases';
import { type ActivationDesk } from '../models/activation-desk.ts';
import { type CheckpointImporter } from './import-ports.ts';

export interface ImporterParts {
  readonly components: ComponentStore;
  /** Folder for the journals of interrupted imports. */
  readonly journalDirectory: string;
  readonly releases: Pick<Releases, 'save' | 'activation'>;
  readonly desk: Pick<ActivationDesk, 'command'>;
  readonly now: () => number;
}

/** Imports into the component store and saves the release; its components are there before it is. */
export function checkpointImporter({ components, journalDirectory, releases, desk, now }: ImporterParts): CheckpointImporter {
  return {
    run: async ({ directory, model, activate, actor }, signal, onProgress) => {
      const imported = await importCheckpoint({
        directory,
        model,
        store: components,
        journalDirectory,
        signal,
        onProgress: ({ phase, bytesDone, bytesTotal }) => onProgress({ stage: phase, doneBytes: bytesDone, totalBytes: bytesTotal }),
      });
      const { releaseId, manifest } = imported;
      const entry = (action: string, subject: string): AuditEntry => ({ atMs: now(), actor, action, subject, detail: { directory, releaseId }, requestId: null });
      const sizesBytes = Object.fromEntries(imported.components.map(({ sha256, sizeBytes }) => [sha256, sizeBytes]));
      const saved = await releases.save(
        { releaseId, model, manifest, importedFrom: directory, createdAtMs: now(), sizesBytes },
        entry('release.import', `release/${releaseId}`),
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
      return { releaseId, warnings: imported.warnings };
    },
  };
}
