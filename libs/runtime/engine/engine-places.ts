import { type EngineLimits } from './engine.ts';

/** What one release's scheduler says of itself to the others of its engine. */
export interface PlaceHolder {
  /** Requests that run, and what they have set aside. */
  inUse(): { readonly running: number; readonly sequences: number; readonly cacheBytes: number };
  /** Number of the request that has waited longest; null when none waits. */
  oldestWaiting(): number | null;
}

/**
 * The places of an engine, shared by all its releases: sequences decoded together, and bytes of KV
 * cache. Requests get them in the order in which they arrived, whatever their release (their
 * numbers rise with their arrival). So a release with little traffic waits as long as any other,
 * and a request that needs much is not overtaken for ever by small ones.
 */
export class EnginePlaces {
  readonly #limits: Pick<EngineLimits, 'maxSequences'> & { readonly maxCacheBytes: number };
  readonly #holders = new Set<PlaceHolder>();
  #wake: (() => void)[] = [];
  #version = 0;
  #ends = 0;

  constructor(limits: Pick<EngineLimits, 'maxSequences'> & { readonly maxCacheBytes: number }) {
    this.#limits = limits;
  }

  join(holder: PlaceHolder): void {
    this.#holders.add(holder);
  }

  leave(holder: PlaceHolder): void {
    this.#holders.delete(holder);
    this.changed();
  }

  /** Requests that run, of all releases. */
  get running(): number {
    let running = 0;
    for (const holder of this.#holders) running += holder.inUse().running;
    return running;
  }

  /** Requests that have ended so far. */
  get ends(): number {
    return this.#ends;
  }

  /** Rises with every change that may let a waiting request start. */
  get version(): number {
    return this.#version;
  }

  /** Whether a waiting request is first in line and fits. One that would run alone always fits: whether it can end at all shows when it runs. */
  mayStart(request: number, sequences: number, cacheBytes: number): boolean {
    const total = { running: 0, sequences, cacheBytes };
    for (const holder of this.#holders) {
      const oldest = holder.oldestWaiting();
      if (oldest !== null && oldest < request) return false;
      const used = holder.inUse();
      total.running += used.running;
      total.sequences += used.sequences;
      total.cacheBytes += used.cacheBytes;
    }
    return total.running === 0 || (total.sequences <= this.#limits.maxSequences && total.cacheBytes <= this.#limits.maxCacheBytes);
  }

  ended(requests: number): void {
    this.#ends += requests;
    this.changed();
  }

  changed(): void {
    this.#version += 1;
    for (const wake of this.#wake.splice(0)) wake();
  }

  /** Resolves when the version is no longer this one. */
  changedSince(version: number): Promise<void> {
    if (version !== this.#version) return Promise.resolve();
    return new Promise((resolve) => this.#wake.push(resolve));
  }
}
