import { type Sha256 } from '#libs/release/component';

export { type ReleaseManifest } from '#libs/release/manifest';

/** Where each component version of a release lies on disk, by digest. */
export type Sha256Paths = Readonly<Record<Sha256, string>>;
