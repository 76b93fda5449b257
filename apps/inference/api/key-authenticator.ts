import { authenticate, type KeyStore } from '#libs/platform/auth/authenticate';
import { cachedKeyStore } from '#libs/platform/auth/cached-key-store';
import { type Authenticator } from './v1.ts';

/** A revoked key is refused after this time at the latest. */
const KEY_CACHE_TTL_MS = 5000;
const KEY_CACHE_ENTRIES = 10_000;

/** Checks bearer keys against the store, which is asked once in a while for each key. */
export function keyAuthenticator(keys: KeyStore, nowMs: () => number): Authenticator {
  const cached = cachedKeyStore(keys, { ttlMs: KEY_CACHE_TTL_MS, maxEntries: KEY_CACHE_ENTRIES, now: nowMs });
  return (header, atMs) => authenticate(header, cached, atMs);
}
