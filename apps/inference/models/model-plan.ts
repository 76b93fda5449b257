import { type ActiveRelease } from './served-release.ts';

/** What must happen in the engine for the activations to hold. */
export interface ModelPlan {
  readonly load: readonly ActiveRelease[];
  /** Release ids that neither serve nor stand by. */
  readonly unload: readonly string[];
}

/**
 * Compares what is active with what is resident.
 * @param kept further releases to keep: those that serve still, and those a rollback would go to
 */
export function planModels(active: readonly ActiveRelease[], resident: readonly string[], kept: Iterable<string>): ModelPlan {
  const wanted = new Map(active.map((release) => [release.releaseId, release]));
  const stays = new Set([...wanted.keys(), ...kept]);
  return {
    load: [...wanted.values()].filter((release) => !resident.includes(release.releaseId)),
    unload: resident.filter((releaseId) => !stays.has(releaseId)),
  };
}
