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

interface Entry {
  readonly key: Promise<StoredKey | null>;
  readonly staleAtMs: number;
  /** What the store last told, and when; null before its first answer. */
  readonly told: Told | null;
}

interface Told {
  readonly key: StoredKey | null;
  readonly atMs: number;
}

/**
 * Spares the database a query per request, and outlasts its outages. Unknown prefixes are remembered
 * too, within the same bound; of concurrent look-ups of one prefix only one goes through.
 */
export function cachedKeyStore(store: KeyStore, { ttlMs, outageMs, lookUpMs, maxEntries, now }: KeyCacheLimits): KeyStore {
  const entries = new Map<string, Entry>();

  const keep = (prefix: string, entry: Entry): void => {
    // Deleted first, so that the order of the map is the order of look-up and the oldest goes.
    entries.delete(prefix);
    entries.set(prefix, entry);
    const oldest = entries.keys().next();
    if (entries.size > maxEntries && oldest.done !== true) entries.delete(oldest.value);
  };

  const lookUp = async (prefix: string, before: Told | null): Promise<StoredKey | null> => {
    const askedMs = now();
    try {
      const key = await within(async () => store.findByPrefix(prefix), lookUpMs);
      keep(prefix, { key: Promise.resolve(key), staleAtMs: askedMs + ttlMs, told: { key, atMs: askedMs } });
      return key;
    } catch (error) {
      // A prefix that was unknown may be known by now: only a key that was there outlasts an outage.
      if (!before?.key || before.atMs + outageMs <= now()) {
        entries.delete(prefix);
        throw error;
      }
      keep(prefix, { key: Promise.resolve(before.key), staleAtMs: now() + ttlMs, told: before });
      return before.key;
    }
  };

  return {
    findByPrefix: (prefix) => {
      const cached = entries.get(prefix);
      if (cached !== undefined && cached.staleAtMs > now()) return cached.key;
      const told = cached?.told ?? null;
      const key = lookUp(prefix, told);
      // Until it ends, others join it; how long it lasts is bounded by `lookUpMs`.
      keep(prefix, { key, staleAtMs: Number.POSITIVE_INFINITY, told });
      return key;
    },
  };
}

async function within<T>(work: () => Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error(`no answer about a key within ${limitMs} ms`), { code: 'ETIMEDOUT' })), limitMs);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
