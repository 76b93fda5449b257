import { type Permission } from './permissions.ts';

export interface OwnKeyFacts {
  readonly kind: 'user' | 'service' | 'system';
  /** Whether the caller has an account, rather than being a key by itself. */
  readonly hasAccount: boolean;
  /** What the key or session that asks may do. */
  readonly callerMay: readonly Permission[];
  /** What the roles of the account allow. */
  readonly rolesAllow: readonly Permission[];
  /** Permissions that the new key names, besides `admin`. */
  readonly named: readonly Permission[];
  /** Whether it names `admin`: all but `traces`. */
  readonly namesAdmin: boolean;
}

export type OwnKeyDecision =
  | { readonly reason: 'within-reach' }
  | { readonly reason: 'not-a-user' }
  | { readonly reason: 'beyond-caller'; readonly permission: Permission };

/** Whether a caller may make itself another key: users only, and nothing that this key or session may not do itself. */
export function decideOwnKey({ kind, hasAccount, callerMay, rolesAllow, named, namesAdmin }: OwnKeyFacts): OwnKeyDecision {
  if (kind !== 'user' || !hasAccount) return { reason: 'not-a-user' };
  const beyond = beyondCaller(named, namesAdmin, rolesAllow, callerMay);
  return beyond === null ? { reason: 'within-reach' } : { reason: 'beyond-caller', permission: beyond };
}

/** Something that a key of the account may do and the caller may not; null where there is nothing. Such a key is not the caller's to revoke. */
export function reachBeyond(keyMay: readonly Permission[], callerMay: readonly Permission[]): Permission | null {
  return keyMay.find((permission) => !callerMay.includes(permission)) ?? null;
}

function beyondCaller(named: readonly Permission[], namesAdmin: boolean, rolesAllow: readonly Permission[], callerMay: readonly Permission[]): Permission | null {
  const wanted = namesAdmin ? [...named, ...rolesAllow.filter((permission) => permission !== 'traces')] : named;
  return reachBeyond(wanted, callerMay);
}
