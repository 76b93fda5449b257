import { namedReleases } from '#libs/governance/activation/activation-state';
import { type Sha256 } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type StoredActivation } from '#libs/store/activation/activation-row';
import { type ActiveModel, type ActiveRelease, type ReleaseDirectory } from './served-release.ts';

/** What of the store is read here. */
export interface ReleaseStore {
  activations(): Promise<readonly StoredActivation[]>;
  find(releaseId: string): Promise<{ readonly manifest: ReleaseManifest } | null>;
}

/** Active releases from the store, their components from the component folder. */
export class StoredReleases implements ReleaseDirectory {
  /** A release never changes; only those that are named now are kept. */
  #known = new Map<string, ActiveRelease>();

  /** @param pathOf where a component version lies on disk */
  constructor(
    private readonly store: ReleaseStore,
    private readonly pathOf: (sha256: Sha256) => string,
  ) {}

  async generation(): Promise<string> {
    const activations = await this.store.activations();
    return activations.map(({ model, stable, generation }) => `${model} ${stable} ${generation}`).join('\n');
  }

  async active(): Promise<readonly ActiveModel[]> {
    const active: ActiveModel[] = [];
    for (const { updatedAtMs, ...activation } of await this.store.activations()) {
      const releases: ActiveRelease[] = [];
      for (const releaseId of namedReleases(activation)) {
        const release = this.#known.get(releaseId) ?? (await this.#read(activation.model, releaseId));
        if (release) releases.push(release);
      }
      active.push({ activation, activatedAtMs: updatedAtMs, releases });
    }
    this.#known = new Map(active.flatMap(({ releases }) => releases.map((release) => [release.releaseId, release] as const)));
    return active;
  }

  async #read(model: string, releaseId: string): Promise<ActiveRelease | null> {
    const stored = await this.store.find(releaseId);
    if (!stored) return null;
    const components = Object.fromEntries(Object.values(stored.manifest.components).map((sha256) => [sha256, this.pathOf(sha256)]));
    return { model, releaseId, manifest: stored.manifest, components };
  }
}
