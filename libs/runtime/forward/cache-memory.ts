/** A cache that can give back what it holds in reserve. */
interface Trimmable {
  trim(): void;
}

/** Memory for the KV caches of all releases of an engine together. */
export class CacheMemory {
  readonly maxBytes: number;
  #usedBytes = 0;
  readonly #holders = new Set<Trimmable>();

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Notes that a cache went from so many bytes to so many. */
  resized(holder: Trimmable, fromBytes: number, toBytes: number): void {
    this.#usedBytes += toBytes - fromBytes;
    if (toBytes > 0) this.#holders.add(holder);
    else this.#holders.delete(holder);
  }

  /** Has every cache give back its spare slots: one release's reserve must not fail another's request. */
  trim(): void {
    for (const holder of this.#holders) holder.trim();
  }
}
