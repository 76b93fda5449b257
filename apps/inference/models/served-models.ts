import { type ModelCard } from '#libs/contract/openai/response';
import { type Engine } from '#libs/runtime/engine/engine';
import { planModels } from './model-plan.ts';
import { type ActiveRelease, type PromptTokenizer, type ReleaseDirectory, type ReleasePin, type ServedRelease, type TokenizerLoader } from './served-release.ts';

/** Between attempts to load a release that failed to load. */
const RETRY_MS = 10_000;

interface Resident {
  readonly tokenizer: PromptTokenizer;
  pins: number;
  retired: boolean;
}

export type ModelChange =
  | { readonly type: 'serving'; readonly model: string; readonly releaseId: string; readonly loadMs: number }
  | { readonly type: 'load-failed'; readonly model: string; readonly releaseId: string; readonly error: unknown }
  | { readonly type: 'unloaded'; readonly releaseId: string; readonly error: unknown };

/** The releases that answer now. A request pins one; a retired one is unloaded when its last pin goes. */
export class ServedModels {
  readonly #resident = new Map<string, Resident>();
  /** By model, the release that served before: it stays resident, so that a rollback is only a pointer write. */
  readonly #standby = new Map<string, string>();
  #serving: ReadonlyMap<string, ServedRelease> = new Map();
  #missing: readonly string[] = [];
  #generation: string | null = null;
  #retryAtMs: number | null = null;
  #sync: Promise<void> | null = null;

  /** @param tell told of each change, to log it */
  constructor(
    private readonly engine: Pick<Engine, 'load' | 'unload'>,
    private readonly directory: ReleaseDirectory,
    private readonly loadTokenizer: TokenizerLoader,
    private readonly tell: (change: ModelChange) => void,
  ) {}

  /** Pins the release that serves a model now; null where none does. */
  pin(model: string): ReleasePin | null {
    const release = this.#serving.get(model);
    const resident = release && this.#resident.get(release.releaseId);
    if (!release || !resident) return null;
    resident.pins += 1;
    let held = true;
    const unpin = (): void => {
      if (!held) return;
      held = false;
      resident.pins -= 1;
      if (resident.retired && resident.pins === 0) void this.#unload(release.releaseId);
    };
    return { release, unpin };
  }

  serving(): readonly ServedRelease[] {
    return [...this.#serving.values()];
  }

  /** Active models that no release answers for, because theirs does not load. */
  missing(): readonly string[] {
    return this.#missing;
  }

  residentIds(): readonly string[] {
    return [...this.#resident.keys()];
  }

  cards(): ModelCard[] {
    return this.serving().map(({ model, releaseId, manifest, activatedAtMs }) => ({
      id: model,
      object: 'model',
      created: Math.floor(activatedAtMs / 1000),
      owned_by: 'signalbox',
      max_model_len: manifest.shape.contextTokens,
      release: releaseId,
    }));
  }

  /** Follows the activations if they changed. Calls while one runs join it. */
  sync(nowMs: () => number): Promise<void> {
    this.#sync ??= this.#follow(nowMs).finally(() => {
      this.#sync = null;
    });
    return this.#sync;
  }

  async #follow(nowMs: () => number): Promise<void> {
    const generation = await this.directory.generation();
    if (generation === this.#generation && (this.#retryAtMs === null || nowMs() < this.#retryAtMs)) return;
    const active = await this.directory.active();
    const failed = new Set<string>();
    for (const release of planModels(active, this.residentIds(), []).load) {
      if (!(await this.#load(release, nowMs))) failed.add(release.releaseId);
    }
    this.#point(active);
    const kept = [...this.#serving.values()].map(({ releaseId }) => releaseId).concat([...this.#standby.values()]);
    for (const releaseId of planModels(active, this.residentIds(), kept).unload) await this.#retire(releaseId);
    this.#generation = generation;
    // The files of a release that failed may be on their way.
    this.#retryAtMs = failed.size === 0 ? null : nowMs() + RETRY_MS;
  }

  /** One assignment moves every model to its new release; where that did not load the former keeps serving. */
  #point(active: readonly ActiveRelease[]): void {
    const next = new Map<string, ServedRelease>();
    for (const release of active) {
      const former = this.#serving.get(release.model);
      const resident = this.#resident.get(release.releaseId);
      if (resident) {
        resident.retired = false;
        next.set(release.model, { ...release, tokenizer: resident.tokenizer });
        if (former && former.releaseId !== release.releaseId) this.#standby.set(release.model, former.releaseId);
      } else if (former) next.set(release.model, former);
    }
    for (const model of this.#standby.keys()) if (!next.has(model)) this.#standby.delete(model);
    this.#serving = next;
    this.#missing = active.map(({ model }) => model).filter((model) => !next.has(model));
  }

  async #load(release: ActiveRelease, nowMs: () => number): Promise<boolean> {
    const { model, releaseId } = release;
    const startedMs = nowMs();
    try {
      const tokenizer = await this.loadTokenizer(release);
      await this.engine.load(releaseId, release.manifest, release.components);
      this.#resident.set(releaseId, { tokenizer, pins: 0, retired: false });
      this.tell({ type: 'serving', model, releaseId, loadMs: nowMs() - startedMs });
      return true;
    } catch (error) {
      this.tell({ type: 'load-failed', model, releaseId, error });
      return false;
    }
  }

  async #retire(releaseId: string): Promise<void> {
    const resident = this.#resident.get(releaseId);
    if (!resident) return;
    resident.retired = true;
    if (resident.pins === 0) await this.#unload(releaseId);
  }

  async #unload(releaseId: string): Promise<void> {
    this.#resident.delete(releaseId);
    try {
      await this.engine.unload(releaseId);
      this.tell({ type: 'unloaded', releaseId, error: null });
    } catch (error) {
      this.tell({ type: 'unloaded', releaseId, error });
    }
  }
}
