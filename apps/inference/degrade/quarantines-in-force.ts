import { type QuarantinedExpert, quarantineMask } from '#libs/governance/quarantine/quarantine';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type Engine } from '#libs/runtime/engine/engine';

/** Where the inference app learns which experts are in quarantine. */
export interface QuarantineDirectory {
  /** How far each model's quarantines have come; cheap to ask. */
  heads(): Promise<readonly { readonly model: string; readonly generation: number }[]>;
  /** All that hold, as of one moment. */
  inForce(): Promise<{ readonly heads: readonly { readonly model: string; readonly generation: number }[]; readonly quarantines: readonly (QuarantinedExpert & { readonly model: string })[] }>;
}

type Shape = Pick<ReleaseManifest['shape'], 'layers' | 'experts'>;

/**
 * The quarantines as last read, and enforced in the engine. A release that is loaded takes its mask before it
 * answers anything; one whose quarantines have never been read is not loaded. After that an outage keeps what
 * was known.
 */
export class QuarantinesInForce {
  readonly #releases = new Map<string, Shape & { readonly model: string; held: boolean }>();
  #quarantines: readonly (QuarantinedExpert & { readonly model: string })[] = [];
  #enforced: ReadonlyMap<string, number> | null = null;
  #seen: string | null = null;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  constructor(
    private readonly engine: Pick<Engine, 'quarantine'>,
    private readonly directory: QuarantineDirectory,
  ) {}

  /** Generation of a model's quarantines that the engine enforces for all its loaded releases; null before the first look. */
  generation(model: string): number | null {
    return this.#enforced === null ? null : (this.#enforced.get(model) ?? 0);
  }

  /** Whether a quarantine holds in a loaded release. */
  holdsIn(releaseId: string): boolean {
    return this.#releases.get(releaseId)?.held ?? false;
  }

  /** For a release that the engine has just loaded, before it answers. @throws where the quarantines cannot be read */
  async loaded(releaseId: string, { model, shape: { layers, experts } }: Pick<ReleaseManifest, 'model' | 'shape'>): Promise<void> {
    if (this.#enforced === null) await this.sync();
    // Known first: a look that comes meanwhile must not pass it by.
    this.#releases.set(releaseId, { model, layers, experts, held: false });
    await this.#enforce(releaseId, true);
  }

  unloaded(releaseId: string): void {
    this.#releases.delete(releaseId);
  }

  /** Reads and enforces what holds. A call while one runs gets another look after it, which calls meanwhile share. */
  sync(): Promise<void> {
    if (this.#next) return this.#next;
    const next = this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        this.#running = this.#follow();
        return this.#running;
      });
    this.#next = next;
    return next;
  }

  async #follow(): Promise<void> {
    const heads = JSON.stringify(await this.directory.heads());
    if (heads === this.#seen) return;
    const read = await this.directory.inForce();
    this.#quarantines = read.quarantines;
    for (const releaseId of this.#releases.keys()) await this.#enforce(releaseId);
    this.#enforced = new Map(read.heads.map(({ model, generation }) => [model, generation]));
    this.#seen = heads;
  }

  async #enforce(releaseId: string, isFresh = false): Promise<void> {
    const release = this.#releases.get(releaseId);
    if (!release) return;
    const mask = quarantineMask(this.#quarantines.filter(({ model }) => model === release.model), { releaseId, ...release });
    try {
      // Without a quarantine before and now there is nothing to say, but for a fresh one: the engine may remember an earlier load.
      if (mask !== null || release.held || isFresh) await this.engine.quarantine(releaseId, mask);
    } catch (error) {
      // It may have gone meanwhile.
      if (this.#releases.has(releaseId)) throw error;
    }
    release.held = mask !== null;
  }
}

/** Loading that has the quarantines of a release enforced before anything can use it. */
export function quarantinedLoading(loading: Pick<Engine, 'load' | 'unload'>, quarantines: Pick<QuarantinesInForce, 'loaded' | 'unloaded'>): Pick<Engine, 'load' | 'unload'> {
  return {
    load: async (releaseId, manifest, components) => {
      await loading.load(releaseId, manifest, components);
      try {
        await quarantines.loaded(releaseId, manifest);
      } catch (error) {
        quarantines.unloaded(releaseId);
        await loading.unload(releaseId);
        throw error;
      }
    },
    unload: (releaseId) => {
      quarantines.unloaded(releaseId);
      return loading.unload(releaseId);
    },
  };
}
