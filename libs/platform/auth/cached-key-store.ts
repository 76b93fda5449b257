import { type KeyStore, type StoredKey } from './authenticate.ts';

export interface KeyCacheLimits {
  /** A revocation takes at most this long to reach every process, as long as the store answers. */
  readonly ttlMs: number;
  /** While the store does not answer, a key counts as it was when the store last told it, at most this long ago. */
  readonly outageMs: number;
  /** A look-up that takes longer counts as failed. */
  readonly lookUpMs: number;
  readonly maxEntries: number;
  /** Clock, in milliseconds. */
  readonly now: () => number;
}

interface Entry<T> {
  readonly value: Promise<T | null>;
  readonly staleAtMs: number;
  /** What the store last told, and when; null before its first answer. */
  readonly told: Told<T> | null;
}

interface Told<T> {
  readonly value: T | null;
  readonly atMs: number;
}

/**
 * Finds keys or sessions by what names them. Spares the database a query per request, and outlasts its
 * outages. Unknown names are remembered too, within the same bound; of concurrent look-ups of one name
 * only one goes through.
 */
export function cachedLookUp<T>(find: (name: string) => Promise<T | null>, { ttlMs, outageMs, lookUpMs, maxEntries, now }: KeyCacheLimits): (name: string) => Promise<T | null> {
  const entries = new Map<string, Entry<T>>();

  const keep = (name: string, entry: Entry<T>): void => {
    // Deleted first, so that the order of the map is the order of look-up and the oldest goes.
    entries.delete(name);
    entries.set(name, entry);
    const oldest = entries.keys().next();
    if (entries.size > maxEntries && oldest.done !== true) entries.delete(oldest.value);
  };

  const lookUp = async (name: string, before: Told<T> | null): Promise<T | null> => {
    const askedMs = now();
    try {
      const value = await within(async () => find(name), lookUpMs);
      keep(name, { value: Promise.resolve(value), staleAtMs: askedMs + ttlMs, told: { value, atMs: askedMs } });
      return value;
    } catch (error) {
      // A name that was unknown may be known by now: only what was there outlasts an outage.
      if (!before?.value || before.atMs + outageMs <= now()) {
        entries.delete(name);
        throw error;
      }
      keep(name, { value: Promise.resolve(before.value), staleAtMs: now() + ttlMs, told: before });
      return before.value;
    }
  };

  return (name) => {
    const cached = entries.get(name);
    if (cached !== undefined && cached.staleAtMs > now()) return cached.value;
    const told = cached?.told ?? null;
    const value = lookUp(name, told);
    // Until it ends, others join it; how long it lasts is bounded by `lookUpMs`.
    keep(name, { value, staleAtMs: Number.POSITIVE_INFINITY, told });
    return value;
  };
}

/** Keys by their public prefixes: see cachedLookUp. */
export function cachedKeyStore(store: KeyStore, limits: KeyCacheLimits): KeyStore {
  return { findByPrefix: cachedLookUp<StoredKey>((prefix) => store.findByPrefix(prefix), limits) };
}

async function within<T>(work: () => Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error(`no answer about a key or session within ${limitMs} ms`), { code: 'ETIMEDOUT' })), limitMs);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
