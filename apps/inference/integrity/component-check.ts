import { type ComponentName, type Sha256 } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { type Sha256Paths } from '#libs/runtime/engine/release-source';
import { type FileDigests, type HashedFile } from './file-digests.ts';

export type DamageReason = 'component-damaged' | 'component-unreadable' | 'component-changed' | 'manifest-damaged';

/** What is on disk, or in the database, is not what the release names. It must not serve. */
export class IntegrityError extends Error {
  override readonly name = 'IntegrityError';
  readonly reason: DamageReason;
  /** Null where the manifest itself is at fault. */
  readonly component: ComponentName | null;

  constructor(reason: DamageReason, component: ComponentName | null, message: string, cause?: unknown) {
    super(component === null ? message : `component ${component}: ${message}`, { cause });
    this.reason = reason;
    this.component = component;
  }
}

/** Files of a release whose bytes have the digests that its manifest names. */
export interface CheckedComponents {
  readonly files: ReadonlyMap<ComponentName, HashedFile>;
  readonly hashedBytes: number;
}

/** @throws IntegrityError unless the manifest is the one that the release id names */
export function checkManifest(releaseId: Sha256, manifest: ReleaseManifest): void {
  const found = releaseIdOf(manifest);
  if (found === releaseId) return;
  throw new IntegrityError('manifest-damaged', null, `the manifest of release ${releaseId} has the digest ${found}: it was altered in the database; import the release again`);
}

/**
 * Checks that every component's bytes have the digest that the manifest names.
 * @param names components to check; all unless given
 * @throws IntegrityError naming the first component that has not
 */
export async function checkComponents(
  manifest: ReleaseManifest,
  paths: Sha256Paths,
  digests: FileDigests,
  names: readonly ComponentName[] = Object.keys(manifest.components),
): Promise<CheckedComponents> {
  const files = new Map<ComponentName, HashedFile>();
  let hashedBytes = 0;
  for (const name of names) {
    const sha256 = manifest.components[name] ?? '';
    const path = paths[sha256];
    if (path === undefined) throw new IntegrityError('component-unreadable', name, `version ${sha256} has no file; import it again`);
    const file = await look(digests, name, path);
    if (file.sha256 !== sha256) {
      throw new IntegrityError(
        'component-damaged',
        name,
        `its file ${path} has the digest ${file.sha256}, so its bytes are not version ${sha256}; import the checkpoint again or restore the file from a copy`,
      );
    }
    files.set(name, file);
    if (file.isFresh) hashedBytes += file.sizeBytes;
  }
  return { files, hashedBytes };
}

/** @throws IntegrityError naming a component whose file is no longer the one that was checked */
export async function checkUnchanged({ files }: CheckedComponents, digests: FileDigests): Promise<void> {
  for (const [name, file] of files) {
    if (await digests.isUnchanged(file)) continue;
    throw new IntegrityError('component-changed', name, `its file ${file.path} changed while the release was being loaded; find out who writes to it, then load the release again`);
  }
}

async function look(digests: FileDigests, name: ComponentName, path: string): Promise<HashedFile> {
  try {
    return await digests.look(path);
  } catch (error) {
    throw new IntegrityError('component-unreadable', name, `its file ${path} cannot be read; import the checkpoint again or restore the file from a copy`, error);
  }
}
