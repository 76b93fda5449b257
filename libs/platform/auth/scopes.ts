import { PERMISSIONS, type Permission, type Role } from '#libs/governance/access/permissions';

/** What a key may be limited to: permissions, or `admin` for all of them but `traces`. */
export const SCOPES = [...PERMISSIONS, 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who makes a request. */
export interface Principal {
  /** Whose act it counts as: the account, whatever key or session it came with. */
  readonly accountId: string;
  readonly kind: 'user' | 'service' | 'system';
  readonly name: string;
  /** null for a session. */
  readonly keyId: string | null;
  /** Account that made the key where it is not the owner: who handed out a key counts as its user too. */
  readonly issuedBy: string | null;
  readonly roles: readonly Role[];
  /** What the roles of the account and the scopes of the key both allow. */
  readonly permissions: readonly Permission[];
  /** Only this tenant's data; null for all. */
  readonly tenant: string | null;
}

export function hasPermission(principal: Pick<Principal, 'permissions'>, needed: Permission): boolean {
  return principal.permissions.includes(needed);
}

/** Drops what this version does not know, such as scopes of a newer one. */
export function knownScopes(names: readonly string[]): Scope[] {
  return SCOPES.filter((scope) => names.includes(scope));
}

/** Permissions that some scopes name. */
export function scopePermissions(scopes: readonly Scope[]): readonly Permission[] {
  return PERMISSIONS.filter((permission) => scopes.includes(permission) || (permission !== 'traces' && scopes.includes('admin')));
}
