import { TOKENIZER, type Sha256 } from './component.ts';
import { type ReleaseManifest } from './manifest.ts';

export interface MemoryEffect {
  /** Weights that only this release needs, beside the resident ones. */
  readonly additionalBytes: number;
  readonly componentsToLoad: number;
  /** All weights of the release, were it alone. */
  readonly totalBytes: number;
}

/**
 * Expected effect of loading a release on the memory of an inference process. Components are counted by
 * digest: one that a resident release holds, or that stands in two places, costs nothing more. Weights only:
 * no caches, no tokenizer, nothing that the runtime adds.
 * @param resident manifests of the releases that are loaded already
 * @param bytesOf bytes that a component version takes in the engine (bytesInMemory of libs/release/quantised-tensor)
 */
export function memoryEffect(manifest: ReleaseManifest, resident: readonly ReleaseManifest[], bytesOf: (sha256: Sha256) => number): MemoryEffect {
  const loaded = new Set(resident.flatMap((one) => [...weightsOf(one)]));
  let [additional, total, componentsToLoad] = [0, 0, 0];
  for (const sha256 of weightsOf(manifest)) {
    const bytes = bytesOf(sha256);
    total += bytes;
    if (loaded.has(sha256)) continue;
    additional += bytes;
    componentsToLoad += 1;
  }
  return { additionalBytes: additional, componentsToLoad, totalBytes: total };
}

function weightsOf({ components }: ReleaseManifest): ReadonlySet<Sha256> {
  return new Set(Object.entries(components).flatMap(([name, sha256]) => (name === TOKENIZER ? [] : [sha256])));
}
