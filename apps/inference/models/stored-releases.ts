import { type Sha256 } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type ActiveRelease, type ReleaseDirectory } from './served-release.ts';

/** What of the store's releases is read here. */
export interface ReleaseStore {
  activations(): Promise<readonly { readonly model: string; readonly stableRelease: string; readonly generation: number; readonly updatedAtMs: number }[]>;
  find(releaseId: string): Promise<{ readonly manifest: ReleaseManifest } | null>;
}

/** Active releases from the store, their components from the component folder. */
export class StoredReleases implements ReleaseDirectory {
  /** @param pathOf where a component version lies on disk */
  constructor(
    private readonly store: ReleaseStore,
    private readonly pathOf: (sha256: Sha256) => string,
  ) {}

  async generation(): Promise<string> {
    const activations = await this.store.activations();
    return activations.map(({ model, stableRelease, generation }) => `${model} ${stableRelease} ${generation}`).join('\n');
  }

  async active(): Promise<readonly ActiveRelease[]> {
    const active: ActiveRelease[] = [];
    for (const { model, stableRelease, updatedAtMs } of await this.store.activations()) {
      const stored = await this.store.find(stableRelease);
      if (!stored) continue;
      const components = Object.fromEntries(Object.values(stored.manifest.components).map((sha256) => [sha256, this.pathOf(sha256)]));
      active.push({ model, releaseId: stableRelease, manifest: stored.manifest, components, activatedAtMs: updatedAtMs });
    }
    return active;
  }
}
