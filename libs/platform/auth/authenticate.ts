import { matchesDigest, prefixOf } from './api-key.ts';
import { knownScopes, type Principal, scopePermissions } from './scopes.ts';

/** A key as its store gives it. Times are epoch milliseconds. */
export interface StoredKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
}

export interface KeyStore {
  findByPrefix(prefix: string): Promise<StoredKey | null>;
}

export type RefusalReason = 'missing' | 'malformed' | 'unknown' | 'expired' | 'revoked';

export type Authentication =
  | { readonly ok: true; readonly principal: Principal }
  | { readonly ok: false; readonly reason: RefusalReason; readonly message: string };

/** What to tell the caller; a wrong secret and an unknown key read the same. */
const MESSAGES: Readonly<Record<RefusalReason, string>> = {
  missing: 'No API key. Send one as "Authorization: Bearer <key>".',
  malformed: 'The Authorization header holds no API key. Its form is "Bearer <key>".',
  unknown: 'This API key is not known. Check it, or ask an administrator for a new one.',
  expired: 'This API key has expired. Ask an administrator for a new one.',
  revoked: 'This API key was revoked. Ask an administrator for a new one.',
};

/** Finds out who sends a request. The secret is checked before expiry and revocation are told. */
export async function authenticate(header: string | undefined, keyStore: KeyStore, nowMs: number): Promise<Authentication> {
  if (header === undefined || header.trim() === '') return refuse('missing');
  const key = /^Bearer +(\S+) *$/i.exec(header)?.[1];
  const prefix = key === undefined ? null : prefixOf(key);
  if (key === undefined || prefix === null) return refuse('malformed');
  const stored = await keyStore.findByPrefix(prefix);
  if (stored === null || !matchesDigest(key, stored)) return refuse('unknown');
  if (stored.revokedAtMs !== null && stored.revokedAtMs <= nowMs) return refuse('revoked');
  if (stored.expiresAtMs !== null && stored.expiresAtMs <= nowMs) return refuse('expired');
  return { ok: true, principal: keyPrincipal(stored) };
}

function keyPrincipal({ id, name, scopes }: StoredKey): Principal {
  const permissions = scopePermissions(knownScopes(scopes));
  return { accountId: `key:${id}`, kind: 'service', name, keyId: id, issuedBy: null, roles: [], permissions, tenant: null };
}

function refuse(reason: RefusalReason): Authentication {
  return { ok: false, reason, message: MESSAGES[reason] };
}
