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
  const wanted = namesAdmin ? [...named, ...rolesAllow.filter((permission) => permission !== 'traces')] : named;
  const beyond = wanted.find((permission) => !callerMay.includes(permission));
  return beyond === undefined ? { reason: 'within-reach' } : { reason: 'beyond-caller', permission: beyond };
}
