import { authenticate, type KeyStore } from '#libs/platform/auth/authenticate';
import { cachedKeyStore } from '#libs/platform/auth/cached-key-store';
import { KeyUses } from '#libs/platform/auth/key-uses';
import { type Authenticator } from './v1.ts';

/** A revoked key is refused after this time at the latest. */
const KEY_CACHE_TTL_MS = 5000;
const KEY_CACHE_ENTRIES = 10_000;
/** While the database is away a key is taken for what it was when last seen, at most this long ago. */
const KEY_CACHE_OUTAGE_MS = 15 * 60_000;
/** A database that says nothing for this long is away. */
const KEY_LOOK_UP_MS = 2000;

/** Keys as stored; `touch` notes the use of one. */
export interface NotedKeys extends KeyStore {
  touch?(id: string, atMs: number): Promise<void>;
}

/** Checks bearer keys against the store, which is asked once in a while for each key. */
export function keyAuthenticator(keys: NotedKeys, nowMs: () => number): Authenticator {
  const cached = cachedKeyStore(keys, { ttlMs: KEY_CACHE_TTL_MS, outageMs: KEY_CACHE_OUTAGE_MS, lookUpMs: KEY_LOOK_UP_MS, maxEntries: KEY_CACHE_ENTRIES, now: nowMs });
  const uses = new KeyUses();
  return async (header, atMs) => {
    const result = await authenticate(header, cached, atMs);
    const id = result.ok ? result.principal.keyId : null;
    // No request waits for a note of it, nor fails with it.
    if (id !== null && uses.isDue(id, atMs)) keys.touch?.(id, atMs).catch(() => undefined);
    return result;
  };
}
