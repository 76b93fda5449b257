import { CacheFullError } from '../../forward/kv-cache.ts';
import { type ExpertTiming, type ForwardPass, type SequenceCache, type StepItem, type StepOutput } from '../../forward/forward-pass.ts';

export interface FakeModel {
  readonly vocabSize: number;
  readonly layers: number;
  readonly experts: number;
  readonly topK: number;
  readonly contextTokens: number;
  readonly chunkTokens: number;
  /** Caches that may be open at once. */
  readonly maxCaches?: number;
  /** Positions that all caches may hold together. */
  readonly maxPositions?: number;
  /** Called before each step; what it throws fails the step. */
  readonly beforeStep?: (items: readonly StepItem[]) => void | Promise<void>;
}

interface FakeCache extends SequenceCache {
  length: number;
  hash: number;
}

function mix(hash: number, value: number): number {
  let mixed = Math.imul(hash ^ (value + 0x9e3779b9), 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * A forward pass without a model: logits and routing are hashes of the tokens so far and of how they
 * were cut into steps, so a scheduler that cuts by what else runs gives itself away.
 */
export class FakeForwardPass implements ForwardPass {
  readonly openCaches = new Set<SequenceCache>();
  steps = 0;
  largestStep = 0;
  rows = 0;
  disposed = false;
  readonly #model: FakeModel;
  #nextId = 0;
  #busy = false;
  #timings: ExpertTiming[] = [];

  constructor(model: FakeModel) {
    this.#model = model;
  }

  open(): SequenceCache {
    return this.#add(0, 0x1234);
  }

  fork(cache: SequenceCache): SequenceCache {
    const source = this.#known(cache);
    return this.#add(source.length, source.hash);
  }

  close(cache: SequenceCache): void {
    this.#known(cache);
    this.openCaches.delete(cache);
  }

  async step(items: readonly StepItem[]): Promise<StepOutput[]> {
    if (this.#busy) throw new Error('steps overlap');
    this.#busy = true;
    try {
      const found = items.map((item) => this.#known(item.cache));
      if (new Set(found).size !== items.length) throw new Error('a cache stands in the step twice');
      await this.#model.beforeStep?.(items);
      let positions = items.reduce((sum, { tokens }) => sum + tokens.length, 0);
      for (const cache of this.openCaches) positions += cache.length;
      const limit = this.#model.maxPositions ?? Infinity;
      if (positions > limit) throw new CacheFullError(positions, limit);
      this.steps += 1;
      this.largestStep = Math.max(this.largestStep, items.length);
      return items.map((item, at) => this.#run(item, found[at] as FakeCache));
    } finally {
      this.#busy = false;
    }
  }

  drainTimings(): ExpertTiming[] {
    const timings = this.#timings;
    this.#timings = [];
    return timings;
  }

  memory(): { readonly weightBytes: Readonly<Record<string, number>>; readonly cacheBytes: number } {
    return { weightBytes: { backbone: 1000 }, cacheBytes: this.openCaches.size * 100 };
  }

  dispose(): Promise<void> {
    if (this.openCaches.size > 0) return Promise.reject(new Error('disposed with open caches'));
    this.disposed = true;
    return Promise.resolve();
  }

  #run({ tokens, logitsFrom }: StepItem, cache: FakeCache): StepOutput {
    const { vocabSize, layers, experts, topK, contextTokens, chunkTokens } = this.#model;
    if (tokens.length > chunkTokens) throw new Error('the item is longer than a chunk');
    if (cache.length + tokens.length > contextTokens) throw new Error('the context is full');
    const logits = new Float32Array((tokens.length - logitsFrom) * vocabSize);
    const expertIds = new Uint16Array(tokens.length * layers * topK);
    const gates = new Float32Array(expertIds.length);
    cache.hash = mix(cache.hash, tokens.length);
    let decision = 0;
    for (const [at, token] of tokens.entries()) {
      cache.hash = mix(cache.hash, token);
      cache.length += 1;
      const row = (at - logitsFrom) * vocabSize;
      if (row >= 0) for (let id = 0; id < vocabSize; id++) logits[row + id] = (mix(cache.hash, id) % 1000) / 100;
      for (let layer = 0; layer < layers; layer++) {
        for (let k = 0; k < topK; k++, decision++) {
          const expert = (mix(cache.hash, layer) + k) % experts;
          expertIds[decision] = expert;
          gates[decision] = 1 / (k + 1);
          this.#timings.push({ layer, expert, tokens: 1, durationMs: 0.5 });
        }
      }
    }
    this.rows += tokens.length;
    return { logits, expertIds, gates };
  }

  #add(length: number, hash: number): SequenceCache {
    if (this.openCaches.size >= (this.#model.maxCaches ?? Infinity)) throw new Error('no room for another cache');
    const cache: FakeCache = { id: this.#nextId++, length, hash };
    this.openCaches.add(cache);
    return cache;
  }

  #known(cache: SequenceCache): FakeCache {
    if (!this.openCaches.has(cache)) throw new Error('the cache is not open');
    return cache as FakeCache;
  }
}
