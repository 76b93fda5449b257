import { knownRoles, permissionsOf } from '#libs/governance/access/permissions';
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
  /** Whom it acts for; null: for itself. */
  readonly account?: StoredAccount | null;
  readonly issuedBy?: string | null;
  readonly tenant?: string | null;
  readonly requestsPerMinute?: number | null;
}

/** An account as its store gives it. */
export interface StoredAccount {
  readonly id: string;
  readonly kind: 'user' | 'service';
  readonly name: string;
  readonly roles: readonly string[];
  readonly tenant: string | null;
  readonly disabledAtMs: number | null;
}

export interface KeyStore {
  findByPrefix(prefix: string): Promise<StoredKey | null>;
}

export type RefusalReason = 'missing' | 'malformed' | 'unknown' | 'expired' | 'revoked' | 'disabled';

export type Authentication =
  | { readonly ok: true; readonly principal: Principal; /** Requests to /v1 in a minute, where the key has a limit of its own. */ readonly requestsPerMinute?: number | null }
  | { readonly ok: false; readonly reason: RefusalReason; readonly message: string };

/** What to tell the caller; a wrong secret and an unknown key read the same. */
const MESSAGES: Readonly<Record<RefusalReason, string>> = {
  missing: 'No API key. Send one as "Authorization: Bearer <key>".',
  malformed: 'The Authorization header holds no API key. Its form is "Bearer <key>".',
  unknown: 'This API key is not known. Check it, or ask an administrator for a new one.',
  expired: 'This API key has expired. Ask an administrator for a new one.',
  revoked: 'This API key was revoked. Ask an administrator for a new one.',
  disabled: 'The account of this API key is disabled. Ask an administrator about it.',
};

/** Finds out who sends a request. The secret is checked before expiry and revocation are told. */
export async function authenticate(header: string | undefined, keyStore: KeyStore, nowMs: number): Promise<Authentication> {
  if (header === undefined || header.trim() === '') return refuse('missing');
  const key = /^Bearer +(\S+) *$/i.exec(header)?.[1];
  const prefix = key === undefined ? null : prefixOf(key);
  if (key === undefined || prefix === null) return refuse('malformed');
  const stored = await keyStore.findByPrefix(prefix);
  if (stored === null || !matchesDigest(key, stored)) return refuse('unknown');
  const ended = whyEnded(stored, nowMs);
  if (ended !== null) return refuse(ended);
  return { ok: true, principal: keyPrincipal(stored), requestsPerMinute: stored.requestsPerMinute ?? null };
}

/** Why a key whose secret was right lets nobody in; null where it does. */
export function whyEnded({ revokedAtMs, expiresAtMs, account }: Pick<StoredKey, 'revokedAtMs' | 'expiresAtMs' | 'account'>, nowMs: number): 'revoked' | 'expired' | 'disabled' | null {
  if (revokedAtMs !== null && revokedAtMs <= nowMs) return 'revoked';
  if (expiresAtMs !== null && expiresAtMs <= nowMs) return 'expired';
  return account && account.disabledAtMs !== null ? 'disabled' : null;
}

/** Who acts by a key: its account, with what both the account's roles and the key's scopes allow; or the key itself. */
export function keyPrincipal({ id, name, scopes, account = null, issuedBy = null, tenant = null }: StoredKey): Principal {
  const allowed = scopePermissions(knownScopes(scopes));
  if (account === null) return { accountId: `key:${id}`, kind: 'service', name, keyId: id, issuedBy, roles: [], permissions: allowed, tenant };
  const own = accountPrincipal(account);
  return {
    ...own,
    keyId: id,
    issuedBy: issuedBy === account.id ? null : issuedBy,
    permissions: own.permissions.filter((permission) => allowed.includes(permission)),
    tenant: own.tenant ?? tenant,
  };
}

/** Who acts by a session that an account signed in to. */
export function accountPrincipal({ id, kind, name, roles: names, tenant }: StoredAccount): Principal {
  const roles = knownRoles(names);
  return { accountId: id, kind, name, keyId: null, issuedBy: null, roles, permissions: permissionsOf(roles), tenant };
}

function refuse(reason: RefusalReason): Authentication {
  return { ok: false, reason, message: MESSAGES[reason] };
}
