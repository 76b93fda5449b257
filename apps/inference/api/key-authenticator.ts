import { type Authentication, authenticate, type KeyStore } from '#libs/platform/auth/authenticate';
import { cachedKeyStore } from '#libs/platform/auth/cached-key-store';
import { KeyUses } from '#libs/platform/auth/key-uses';

/** What is remembered of keys, and of sessions. */
export const CACHE_LIMITS = {
  /** A revoked key is refused after this time at the latest. */
  ttlMs: 5000,
  /** While the database is away a key is taken for what it was when last seen, at most this long ago. */
  outageMs: 15 * 60_000,
  /** A database that says nothing for this long is away. */
  lookUpMs: 2000,
  maxEntries: 10_000,
};

export type KeyAuthenticator = (header: string | undefined, nowMs: number) => Promise<Authentication>;

/** Keys as stored; `touch` notes the use of one. */
export interface NotedKeys extends KeyStore {
  touch?(id: string, atMs: number): Promise<void>;
}

/** Checks bearer keys against the store, which is asked once in a while for each key. */
export function keyAuthenticator(keys: NotedKeys, nowMs: () => number): KeyAuthenticator {
  const cached = cachedKeyStore(keys, { ...CACHE_LIMITS, now: nowMs });
  const uses = new KeyUses();
  return async (header, atMs) => {
    const result = await authenticate(header, cached, atMs);
    const id = result.ok ? result.principal.keyId : null;
    // No request waits for a note of it, nor fails with it.
    if (id !== null && uses.isDue(id, atMs)) keys.touch?.(id, atMs).catch(() => undefined);
    return result;
  };
}
