import { type KeyStore, type StoredKey } from './authenticate.ts';

export interface KeyCacheLimits {
  /** A revocation takes at most this long to reach every process. */
  readonly ttlMs: number;
  readonly maxEntries: number;
  /** Clock, in milliseconds. */
  readonly now: () => number;
}

interface Entry {
  readonly key: Promise<StoredKey | null>;
  readonly staleAtMs: number;
}

/**
 * Spares the database a query per request. Unknown prefixes are remembered too, within the same
 * bound; of concurrent look-ups of one prefix only one goes through; failures are not kept.
 */
export function cachedKeyStore(store: KeyStore, { ttlMs, maxEntries, now }: KeyCacheLimits): KeyStore {
  const entries = new Map<string, Entry>();
  return {
    findByPrefix: async (prefix) => {
      const cached = entries.get(prefix);
      if (cached !== undefined && cached.staleAtMs > now()) return cached.key;
      const entry = { key: store.findByPrefix(prefix), staleAtMs: now() + ttlMs };
      // Deleted first, so that the order of the map is the order of look-up and the oldest goes.
      entries.delete(prefix);
      entries.set(prefix, entry);
      const oldest = entries.keys().next();
      if (entries.size > maxEntries && oldest.done !== true) entries.delete(oldest.value);
      try {
        return await entry.key;
      } catch (error) {
        if (entries.get(prefix) === entry) entries.delete(prefix);
        throw error;
      }
    },
  };
}
