import { type CacheMemory } from './cache-memory.ts';
import { type SequenceCache, type StepItem, type StepOutput } from './forward-pass.ts';
import { type CachedSequence, type CacheGeometry, KvCache } from './kv-cache.ts';

/** The sequences of a forward pass, and the one step at a time that makes them longer: all of them, or after an error none. */
export class StepCache {
  readonly #cache: KvCache;
  readonly #closing: CachedSequence[] = [];
  #isStepping = false;

  /** @param memory shared with the caches of other releases */
  constructor(geometry: CacheGeometry, memory: CacheMemory) {
    this.#cache = new KvCache(geometry, memory);
  }

  get bytes(): number {
    return this.#cache.bytes;
  }

  open(): CachedSequence {
    return this.#cache.open();
  }

  fork(sequence: SequenceCache): CachedSequence {
    return this.#cache.fork(sequence as CachedSequence);
  }

  /** During a step the place is kept until the step ends, because other sequences would move. */
  close(sequence: SequenceCache): void {
    if (this.#isStepping) this.#closing.push(sequence as CachedSequence);
    else this.#cache.close(sequence as CachedSequence);
  }

  /**
   * Runs a step for which there is room.
   * @throws ContextLengthError, CacheFullError, or Error while another step runs, before `run` was called; what `run` throws
   */
  async step(items: readonly StepItem[], run: () => Promise<StepOutput[]>): Promise<StepOutput[]> {
    if (this.#isStepping) throw new Error('a step is already running; wait for it');
    this.#isStepping = true;
    try {
      for (const { cache, tokens } of items) this.#cache.reserve(cache as CachedSequence, cache.length + tokens.length);
      const outputs = await run();
      for (const { cache, tokens } of items) (cache as CachedSequence).length += tokens.length;
      return outputs;
    } finally {
      this.#isStepping = false;
      for (const sequence of this.#closing.splice(0)) this.#cache.close(sequence);
    }
  }
}
