import { type ApiKeyRecord } from '#libs/store/keys/api-keys';

type KeyState = Pick<ApiKeyRecord, 'id' | 'scopes' | 'revokedAtMs' | 'expiresAtMs'>;

/** Why a key must not be revoked: nobody may lock everyone out by mistake. Null when it may. */
export function whyKeep(key: KeyState, all: readonly KeyState[], callerKeyId: string | null, nowMs: number): { code: string; detail: string } | null {
  if (key.id === callerKeyId) {
    return { code: 'key_in_use', detail: 'This is the key of this very request: revoke it with another admin key.' };
  }
  const isAdmin = (other: KeyState): boolean =>
    other.scopes.includes('admin') && other.revokedAtMs === null && (other.expiresAtMs === null || other.expiresAtMs > nowMs);
  if (isAdmin(key) && !all.some((other) => other.id !== key.id && isAdmin(other))) {
    return { code: 'last_admin_key', detail: 'It is the last key with the scope admin: create another one first.' };
  }
  return null;
}
