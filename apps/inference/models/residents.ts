import { type Engine } from '#libs/runtime/engine/engine';
import { type ActiveRelease, type ReleasePin, type ServedRelease, type TokenizerLoader } from './served-release.ts';

interface Resident {
  readonly release: ServedRelease;
  pins: number;
  retired: boolean;
}

/** Releases in the engine. A request pins one; a retired one is unloaded when its last pin goes. */
export class Residents {
  readonly #residents = new Map<string, Resident>();

  /** @param unloaded told of each release that went, with the error if it went badly */
  constructor(
    private readonly engine: Pick<Engine, 'load' | 'unload'>,
    private readonly loadTokenizer: TokenizerLoader,
    private readonly unloaded: (releaseId: string, error: unknown) => void,
  ) {}

  ids(): readonly string[] {
    return [...this.#residents.keys()];
  }

  has(releaseId: string): boolean {
    return this.#residents.has(releaseId);
  }

  get(releaseId: string): ServedRelease | null {
    return this.#residents.get(releaseId)?.release ?? null;
  }

  /** @throws what the engine or the tokenizer says is wrong with the release */
  async load(release: ActiveRelease): Promise<void> {
    const tokenizer = await this.loadTokenizer(release);
    await this.engine.load(release.releaseId, release.manifest, release.components);
    this.#residents.set(release.releaseId, { release: { ...release, tokenizer }, pins: 0, retired: false });
  }

  /** Whether it is loaded and stays so. */
  isKept(releaseId: string): boolean {
    return this.#residents.get(releaseId)?.retired === false;
  }

  pin(releaseId: string): ReleasePin | null {
    const resident = this.#residents.get(releaseId);
    if (!resident) return null;
    resident.pins += 1;
    let held = true;
    const unpin = (): void => {
      if (!held) return;
      held = false;
      resident.pins -= 1;
      if (resident.retired && resident.pins === 0) void this.#unload(releaseId);
    };
    return { release: resident.release, unpin };
  }

  /** Unloads all others, those that requests still hold once these end. One that is kept again stays. */
  keepOnly(kept: ReadonlySet<string>): void {
    for (const [releaseId, resident] of this.#residents) {
      resident.retired = !kept.has(releaseId);
      if (resident.retired && resident.pins === 0) void this.#unload(releaseId);
    }
  }

  async #unload(releaseId: string): Promise<void> {
    this.#residents.delete(releaseId);
    try {
      await this.engine.unload(releaseId);
      this.unloaded(releaseId, null);
    } catch (error) {
      this.unloaded(releaseId, error);
    }
  }
}
