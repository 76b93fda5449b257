import { TOKENIZER } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type Engine } from '#libs/runtime/engine/engine';
import { type Sha256Paths } from '#libs/runtime/engine/release-source';
import { type ActiveRelease, type PromptTokenizer, type TokenizerLoader } from '../models/served-release.ts';
import { checkComponents, type CheckedComponents, checkManifest, checkUnchanged } from './component-check.ts';
import { type FileDigests } from './file-digests.ts';

/** Decides whether a release whose bytes are what it names may be loaded. @throws what to tell where it may not */
export type LoadGuard = (releaseId: string, manifest: ReleaseManifest) => Promise<void>;

/** What came of checking a release's files. */
export interface VerifyReport {
  readonly releaseId: string;
  readonly components: number;
  readonly hashedBytes: number;
  readonly durationMs: number;
}

export interface VerifiedLoadingOptions {
  readonly engine: Pick<Engine, 'load' | 'unload'>;
  readonly loadTokenizer: TokenizerLoader;
  readonly digests: FileDigests;
  readonly guard: LoadGuard;
  readonly tellVerified: (report: VerifyReport) => void;
  /** Told of each refusal, before it is thrown. */
  readonly tellRefused: (releaseId: string, manifest: ReleaseManifest, error: unknown) => Promise<void>;
  readonly nowMs: () => number;
}

/** Tokenizers kept, by digest; the one used longest ago goes first. */
const MAX_TOKENIZERS = 4;

/** Loads only releases whose components are, byte for byte, what their manifest names, and which the guard lets pass. */
export class VerifiedLoading implements Pick<Engine, 'load' | 'unload'> {
  readonly #options: VerifiedLoadingOptions;
  readonly #tokenizers = new Map<string, PromptTokenizer>();

  constructor(options: VerifiedLoadingOptions) {
    this.#options = options;
  }

  /** @throws IntegrityError, what the guard throws, what the engine throws; then the release is not loaded */
  async load(releaseId: string, manifest: ReleaseManifest, components: Sha256Paths): Promise<void> {
    const { engine, digests } = this.#options;
    const checked = await this.check(releaseId, manifest, components);
    await engine.load(releaseId, manifest, components);
    try {
      // What was read must be what was checked.
      await this.#orTell(releaseId, manifest, () => checkUnchanged(checked, digests));
    } catch (error) {
      await engine.unload(releaseId);
      throw error;
    }
  }

  /** All that is checked before a load. @throws IntegrityError, what the guard throws */
  check(releaseId: string, manifest: ReleaseManifest, components: Sha256Paths): Promise<CheckedComponents> {
    return this.#orTell(releaseId, manifest, async () => {
      const verified = await this.#verify(releaseId, manifest, components);
      await this.#options.guard(releaseId, manifest);
      return verified;
    });
  }

  unload(releaseId: string): Promise<void> {
    return this.#options.engine.unload(releaseId);
  }

  /** The release's tokenizer, checked before it is read. */
  async tokenizer(release: ActiveRelease): Promise<PromptTokenizer> {
    const { releaseId, manifest, components } = release;
    await this.#orTell(releaseId, manifest, () => checkComponents(manifest, components, this.#options.digests, [TOKENIZER]));
    return this.#known(release);
  }

  /** Releases mostly share their tokenizer, and making one takes time on the thread that answers. */
  async #known(release: ActiveRelease): Promise<PromptTokenizer> {
    const sha256 = release.manifest.components[TOKENIZER] ?? '';
    const tokenizer = this.#tokenizers.get(sha256) ?? (await this.#options.loadTokenizer(release));
    this.#tokenizers.delete(sha256);
    this.#tokenizers.set(sha256, tokenizer);
    const [oldest] = this.#tokenizers.keys();
    if (this.#tokenizers.size > MAX_TOKENIZERS && oldest !== undefined) this.#tokenizers.delete(oldest);
    return tokenizer;
  }

  async #verify(releaseId: string, manifest: ReleaseManifest, components: Sha256Paths): Promise<CheckedComponents> {
    const startedMs = this.#options.nowMs();
    checkManifest(releaseId, manifest);
    const checked = await checkComponents(manifest, components, this.#options.digests);
    this.#options.tellVerified({ releaseId, components: checked.files.size, hashedBytes: checked.hashedBytes, durationMs: this.#options.nowMs() - startedMs });
    return checked;
  }

  async #orTell<T>(releaseId: string, manifest: ReleaseManifest, check: () => Promise<T>): Promise<T> {
    try {
      return await check();
    } catch (error) {
      await this.#options.tellRefused(releaseId, manifest, error);
      throw error;
    }
  }
}
