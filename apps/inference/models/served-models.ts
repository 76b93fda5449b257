import { type ModelCard } from '#libs/contract/openai/response';
import { type Engine } from '#libs/runtime/engine/engine';
import { type ObservedModel } from '#libs/store/activation/observed-activations';
import { keptReleases, loadOrder, takeModel, type TakenModel } from './model-plan.ts';
import { observeModel } from './observe-model.ts';
import { Residents } from './residents.ts';
import { type ActiveModel, type ActiveRelease, type ModelPin, type ReleaseDirectory, type ReleasePin, type ServedRelease, type TokenizerLoader } from './served-release.ts';

/** Between attempts to load a release that failed to load: its files may be on their way. */
const RETRY_MS = 10_000;

export type ModelChange =
  | { readonly type: 'taken'; readonly model: string; readonly generation: number; readonly stable: string; readonly canary: string | null; readonly shadow: string | null }
  | { readonly type: 'loaded'; readonly model: string; readonly releaseId: string; readonly loadMs: number }
  | { readonly type: 'load-failed'; readonly model: string; readonly releaseId: string; readonly error: unknown }
  | { readonly type: 'unloaded'; readonly releaseId: string; readonly error: unknown };

interface Failure {
  readonly message: string;
  readonly retryAtMs: number;
}

/** What answers now. Looks at the activations and loading go on side by side: a way back never waits for a load. */
export class ServedModels {
  readonly #residents: Residents;
  readonly #failures = new Map<string, Failure>();
  #active: readonly ActiveModel[] = [];
  #taken: ReadonlyMap<string, TakenModel> = new Map();
  #generation: string | null = null;
  #look: Promise<void> = Promise.resolve();
  #nextLook: Promise<void> | null = null;
  #loader: Promise<void> | null = null;
  #step: Promise<void> = Promise.resolve();

  /** @param tell told of each change */
  constructor(
    engine: Pick<Engine, 'load' | 'unload'>,
    private readonly directory: ReleaseDirectory,
    loadTokenizer: TokenizerLoader,
    private readonly tell: (change: ModelChange) => void,
    private readonly nowMs: () => number,
  ) {
    this.#residents = new Residents(engine, loadTokenizer, (releaseId, error) => tell({ type: 'unloaded', releaseId, error }));
  }

  /** Holds what may answer a request to a model; null where nothing does. The caller lets each go. */
  pin(model: string): ModelPin | null {
    const taken = this.#taken.get(model);
    const stable = taken ? this.#residents.pin(taken.stable) : null;
    if (!taken || !stable) return null;
    const canary = taken.canary && this.#residents.pin(taken.canary.releaseId);
    return { stable, canary: taken.canary && canary ? { settings: taken.canary, pin: canary } : null };
  }

  /** Whether a release answers for a model. */
  serves(model: string): boolean {
    return this.#taken.has(model);
  }

  /** Whether a release is loaded for a model, in whatever role, and stays so. */
  isLoaded(model: string, releaseId: string): boolean {
    return this.#residents.isKept(releaseId) && this.#residents.get(releaseId)?.model === model;
  }

  /** Holds one release of a model that is loaded; null where it is not. */
  pinRelease(model: string, releaseId: string): ReleasePin | null {
    return this.isLoaded(model, releaseId) ? this.#residents.pin(releaseId) : null;
  }

  /** Holds the stable release and its shadow, and tells the share to compare; null where no shadow of that release runs. */
  pinShadow(model: string, stableId: string): { readonly stable: ReleasePin; readonly shadow: ReleasePin; readonly share: number } | null {
    const taken = this.#taken.get(model);
    if (!taken?.shadow || taken.stable !== stableId) return null;
    const stable = this.#residents.pin(taken.stable);
    const shadow = this.#residents.pin(taken.shadow.releaseId);
    if (stable && shadow) return { stable, shadow, share: taken.shadow.share };
    stable?.unpin();
    shadow?.unpin();
    return null;
  }

  /** The stable releases. */
  serving(): readonly ServedRelease[] {
    return [...this.#taken.values()].flatMap(({ stable }) => this.#residents.get(stable) ?? []);
  }

  /** Active models that no release answers for, because theirs does not load. One that is still loading is none: the others serve. */
  missing(): readonly string[] {
    return this.#active.flatMap(({ activation: { model, stable } }) => (!this.#taken.has(model) && this.#failures.has(stable) ? [model] : []));
  }

  /** Releases in memory. */
  resident(): readonly ServedRelease[] {
    return this.#residents.ids().flatMap((releaseId) => this.#residents.get(releaseId) ?? []);
  }

  residentIds(): readonly string[] {
    return this.#residents.ids();
  }

  /** What to tell of this process, by model. */
  observed(): readonly ObservedModel[] {
    const failures = new Map([...this.#failures].map(([releaseId, { message }]) => [releaseId, message]));
    return this.#active.map(({ activation }) => {
      const resident = this.#residents.ids().filter((releaseId) => this.#residents.get(releaseId)?.model === activation.model);
      return observeModel(activation, this.#taken.get(activation.model) ?? null, new Set(resident), failures);
    });
  }

  cards(): ModelCard[] {
    return this.serving().map(({ model, releaseId, manifest, tokenizer }) => ({
      id: model,
      object: 'model',
      created: Math.floor((this.#taken.get(model)?.activatedAtMs ?? 0) / 1000),
      owned_by: 'signalbox',
      max_model_len: manifest.shape.contextTokens,
      release: releaseId,
      chat: tokenizer.canChat,
    }));
  }

  /**
   * Looks at the activations, takes what is loaded already and starts to load the rest. A call while one
   * looks gets another look after it, which calls meanwhile share: what one reads may be old by then.
   */
  sync(): Promise<void> {
    if (this.#nextLook) return this.#nextLook;
    const next = this.#look
      .catch(() => undefined)
      .then(() => {
        this.#nextLook = null;
        this.#look = this.#follow();
        return this.#look;
      });
    this.#nextLook = next;
    return next;
  }

  /** Resolves when every stable release, or every release named, is loaded or has failed to load. */
  async settled(which: 'stable' | 'all'): Promise<void> {
    while (this.#loader !== null && this.#due().some(({ releaseId }) => which === 'all' || this.#active.some(({ activation }) => activation.stable === releaseId))) await this.#step;
    if (which === 'all') await this.#loader;
  }

  async #follow(): Promise<void> {
    const generation = await this.directory.generation();
    if (generation !== this.#generation) {
      this.#active = await this.directory.active();
      this.#generation = generation;
      this.#point();
    }
    this.#loader ??= this.#loadDue().finally(() => {
      this.#loader = null;
    });
  }

  #due(): readonly ActiveRelease[] {
    const nowMs = this.nowMs();
    return loadOrder(this.#active).filter(({ releaseId }) => !this.#residents.has(releaseId) && nowMs >= (this.#failures.get(releaseId)?.retryAtMs ?? 0));
  }

  /** One after the other; what is wanted may change meanwhile. */
  async #loadDue(): Promise<void> {
    for (let [next] = this.#due(); next; [next] = this.#due()) {
      this.#step = this.#load(next);
      await this.#step;
      this.#point();
    }
  }

  async #load(release: ActiveRelease): Promise<void> {
    const { model, releaseId } = release;
    const startedMs = this.nowMs();
    try {
      await this.#residents.load(release);
      this.#failures.delete(releaseId);
      this.tell({ type: 'loaded', model, releaseId, loadMs: this.nowMs() - startedMs });
    } catch (error) {
      this.#failures.set(releaseId, { message: error instanceof Error ? error.message : String(error), retryAtMs: this.nowMs() + RETRY_MS });
      this.tell({ type: 'load-failed', model, releaseId, error });
    }
  }

  /** One assignment moves every model as far as it can; a request sees all of a move or none. */
  #point(): void {
    const former = this.#taken;
    const taken = new Map<string, TakenModel>();
    for (const active of this.#active) {
      const next = takeModel(active, former.get(active.activation.model) ?? null, (releaseId) => this.#residents.has(releaseId));
      if (next) taken.set(next.model, next);
    }
    this.#taken = taken;
    for (const releaseId of this.#failures.keys()) if (!this.#active.some(({ releases }) => releases.some((release) => release.releaseId === releaseId))) this.#failures.delete(releaseId);
    this.#residents.keepOnly(keptReleases(this.#active, taken.values()));
    for (const { model, generation, stable, canary, shadow } of taken.values()) {
      if (former.get(model)?.generation === generation) continue;
      this.tell({ type: 'taken', model, generation, stable, canary: canary?.releaseId ?? null, shadow: shadow?.releaseId ?? null });
    }
  }
}
