/** One holder's claim on a part. */
export interface Lease<T> {
  readonly value: T;
  /** Whether the part was there already. */
  readonly shared: boolean;
  /** Gives the claim back; the last one to do so frees the part. Giving it back twice does nothing. */
  release(): Promise<void>;
}

interface Entry<T> {
  readonly made: Promise<T>;
  holders: number;
}

/**
 * Parts that several releases may hold at once, by a key that determines their content. A part is
 * made for its first holder, and freed with its last.
 */
export class SharedParts<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #free: (value: T) => Promise<void>;
  #made = 0;
  #shared = 0;

  constructor(free: (value: T) => Promise<void> = () => Promise.resolve()) {
    this.#free = free;
  }

  /** Parts held now; parts made, and claims that found theirs made, since the start. */
  get counts(): { readonly resident: number; readonly made: number; readonly shared: number } {
    return { resident: this.#entries.size, made: this.#made, shared: this.#shared };
  }

  /** Claims a part. @throws what `make` throws, to everyone who waits for it; the next claim tries again */
  async lease(key: string, make: () => Promise<T>): Promise<Lease<T>> {
    const present = this.#entries.get(key);
    const entry = present ?? this.#add(key, make);
    entry.holders += 1;
    const value = await entry.made;
    if (present) this.#shared += 1;
    else this.#made += 1;
    let held = true;
    const release = async (): Promise<void> => {
      if (!held) return;
      held = false;
      entry.holders -= 1;
      if (entry.holders > 0) return;
      this.#entries.delete(key);
      await this.#free(value);
    };
    return { value, shared: present !== undefined, release };
  }

  #add(key: string, make: () => Promise<T>): Entry<T> {
    const entry: Entry<T> = { made: make(), holders: 0 };
    this.#entries.set(key, entry);
    entry.made.catch(() => this.#entries.delete(key));
    return entry;
  }
}
