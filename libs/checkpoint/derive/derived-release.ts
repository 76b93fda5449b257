import { type ComponentName, type Sha256 } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type ComponentStore } from '../components/component-store.ts';
import { type ImportedComponent } from '../import-checkpoint.ts';
import { DeriveError } from './derive-error.ts';

/** A release made of another one. */
export interface DerivedRelease {
  readonly manifest: ReleaseManifest;
  readonly releaseId: Sha256;
  /** The new versions. `from`: the version that it was made of; null where it is made of several or of none. */
  readonly components: readonly (ImportedComponent & { readonly from: Sha256 | null })[];
  /** How they were made, in a few words. */
  readonly madeHow: string;
}

/** Size of the file of a component version. @throws DeriveError where it is missing */
export async function sourceBytes(store: ComponentStore, name: ComponentName, sha256: Sha256): Promise<number> {
  // An area of that name is never staged to: published files alone count.
  const size = await store.findStaged('sources', sha256);
  if (size === null) throw new DeriveError('missing-component', `The file of ${name}, version ${sha256}, is missing; upload or import it again.`, name);
  return size;
}
