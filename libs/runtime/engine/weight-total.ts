import { type ReleaseManifest } from './release-source.ts';

/** What a release holds of each of its components, by component name. */
export interface HeldWeights {
  readonly manifest: Pick<ReleaseManifest, 'components'>;
  readonly weightBytes: Readonly<Record<string, number>>;
}

/** Bytes of weights that some releases hold together: each component version counts once. */
export function totalWeightBytes(releases: Iterable<HeldWeights>): number {
  const byVersion = new Map<string, number>();
  for (const { manifest, weightBytes } of releases) {
    for (const [name, bytes] of Object.entries(weightBytes)) byVersion.set(manifest.components[name] ?? name, bytes);
  }
  let total = 0;
  for (const bytes of byVersion.values()) total += bytes;
  return total;
}
