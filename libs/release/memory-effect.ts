import { TOKENIZER, type Sha256 } from './component.ts';
import { type ReleaseManifest } from './manifest.ts';

/** Bytes of one weight in memory: the engine computes in fp32, whatever the file holds. */
const BYTES_IN_MEMORY = 4;

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
 * @param elements number of weights of a component version
 */
export function memoryEffect(manifest: ReleaseManifest, resident: readonly ReleaseManifest[], elements: (sha256: Sha256) => number): MemoryEffect {
  const loaded = new Set(resident.flatMap((one) => [...weightsOf(one)]));
  let [additional, total, componentsToLoad] = [0, 0, 0];
  for (const sha256 of weightsOf(manifest)) {
    const count = elements(sha256);
    total += count;
    if (loaded.has(sha256)) continue;
    additional += count;
    componentsToLoad += 1;
  }
  return { additionalBytes: additional * BYTES_IN_MEMORY, componentsToLoad, totalBytes: total * BYTES_IN_MEMORY };
}

function weightsOf({ components }: ReleaseManifest): ReadonlySet<Sha256> {
  return new Set(Object.entries(components).flatMap(([name, sha256]) => (name === TOKENIZER ? [] : [sha256])));
}
