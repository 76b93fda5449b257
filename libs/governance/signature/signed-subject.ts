import { type Sha256 } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { type SignedResource } from './model-statement.ts';

export type SubjectKind = 'release' | 'component';

/** What a signature is over: a whole release, by its id, or one component version, by its digest. */
export interface SignedSubject {
  readonly kind: SubjectKind;
  readonly digest: Sha256;
}

/** Name of the manifest among the files of a signed release. */
const MANIFEST_FILE = 'release.json';

/**
 * The files of a release: its manifest, whose canonical JSON has the release id as its digest, and one
 * for each component, named as the component.
 */
export function releaseResources(manifest: ReleaseManifest): readonly SignedResource[] {
  const components = Object.entries(manifest.components).map(([name, sha256]) => ({ name, sha256 }));
  return [{ name: MANIFEST_FILE, sha256: releaseIdOf(manifest) }, ...components];
}

/** A component version alone: one file, named as the component store names it. */
export function componentResources(sha256: Sha256): readonly SignedResource[] {
  return [{ name: sha256, sha256 }];
}

/** Name of the subject in the statement; for people, it decides nothing. */
export function subjectName({ kind, digest }: SignedSubject): string {
  return `${kind}/${digest}`;
}
