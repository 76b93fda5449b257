import { type EngineLimits } from './engine.ts';
import { FairShares, type TenantHead } from './fair-shares.ts';
import { Pace } from './pace.ts';

/** What one release's scheduler says of itself to the others of its engine. */
export interface PlaceHolder {
  /** Requests that run, and what they have set aside. */
  inUse(): { readonly running: number; readonly sequences: number; readonly cacheBytes: number };
  /** Of each tenant that has requests waiting here, the one that has waited longest. */
  heads(): Iterable<TenantHead>;
}

export type PlaceLimits = Pick<EngineLimits, 'maxSequences' | 'admission'> & { readonly maxCacheBytes: number };

/**
 * The places of an engine, shared by all its releases: sequences decoded together, and bytes of KV
 * cache. They are shared out fairly between tenants (FairShares), and within a tenant in the order in
 * which requests arrived, whatever their release (their numbers rise with their arrival). So a release
 * with little traffic waits as long as any other, and a request that needs much is not overtaken for
 * ever by small ones: whose turn it is waits until it fits.
 */
export class EnginePlaces {
  /** Work done for each tenant. */
  readonly shares: FairShares;
  /** What requests of all releases took of late. */
  readonly pace = new Pace();
  readonly #limits: PlaceLimits;
  readonly #holders = new Set<PlaceHolder>();
  #wake: (() => void)[] = [];
  #version = 0;
  #ends = 0;

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
    this.shares = new FairShares(limits.admission?.weights);
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

  /** Number of the request whose turn it is; null when none waits. */
  firstInLine(): number | null {
    const heads = Array.from(this.#holders, (holder) => [...holder.heads()]).flat();
    if (this.#limits.admission?.order === 'arrival') return heads.length === 0 ? null : Math.min(...heads.map(({ handle }) => handle));
    return this.shares.first(heads)?.handle ?? null;
  }

  /** Whether a request fits beside what runs. One that would run alone always does: whether it can end at all shows when it runs. */
  fits(sequences: number, cacheBytes: number): boolean {
    const total = { running: 0, sequences, cacheBytes };
    for (const holder of this.#holders) {
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
