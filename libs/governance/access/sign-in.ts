import { knownRoles, type Role } from './permissions.ts';

/** How people sign in by OpenID Connect. */
export interface OidcSettings {
  /** What people call the provider; left out: its host. */
  readonly displayName?: string | undefined;
  readonly issuer: string;
  readonly clientId: string;
  /** null: a public client. */
  readonly clientSecret: string | null;
  /** Claim that lists the groups of a user, such as `groups`; null: roles are given here only. */
  readonly roleClaim: string | null;
  /** Groups and the roles that each gives. */
  readonly roleMap: Readonly<Record<string, readonly Role[]>>;
  /** Domains that e-mail addresses must be of; empty: any. */
  readonly emailDomains: readonly string[];
}

/** What a provider says of who signed in, already verified. */
export interface SignInClaims {
  readonly email: string | null;
  readonly isEmailVerified: boolean;
  /** The value of the role claim, as it came. */
  readonly groups: unknown;
}

export interface SignInFacts {
  readonly claims: SignInClaims;
  /** The account that this identity signed in to before; null: none. */
  readonly known: { readonly isDisabled: boolean } | null;
  /** An account made beforehand for this e-mail address, without an identity of this issuer. */
  readonly prepared: { readonly isDisabled: boolean } | null;
}

export type SignInDecision =
  | { readonly outcome: 'enter'; readonly reason: 'known' | 'prepared' | 'new'; /** null: leave them as they are. */ readonly roles: readonly Role[] | null }
  | { readonly outcome: 'refuse'; readonly reason: 'email-not-verified' | 'domain-not-allowed' | 'account-disabled' };

/** Who gets in, as what. Somebody new gets the roles that the groups give, and none where nothing maps them. */
export function decideSignIn({ claims, known, prepared }: SignInFacts, settings: Pick<OidcSettings, 'roleClaim' | 'roleMap' | 'emailDomains'>): SignInDecision {
  if (settings.emailDomains.length > 0) {
    if (claims.email === null || !claims.isEmailVerified) return { outcome: 'refuse', reason: 'email-not-verified' };
    const domain = claims.email.slice(claims.email.lastIndexOf('@') + 1).toLowerCase();
    if (!settings.emailDomains.some((allowed) => allowed.toLowerCase() === domain)) return { outcome: 'refuse', reason: 'domain-not-allowed' };
  }
  const roles = settings.roleClaim === null ? null : rolesOfGroups(claims.groups, settings.roleMap);
  if (known) return known.isDisabled ? { outcome: 'refuse', reason: 'account-disabled' } : { outcome: 'enter', reason: 'known', roles };
  // An address that nobody verified would let anyone take the account over.
  if (prepared && claims.isEmailVerified) return prepared.isDisabled ? { outcome: 'refuse', reason: 'account-disabled' } : { outcome: 'enter', reason: 'prepared', roles };
  return { outcome: 'enter', reason: 'new', roles: roles ?? [] };
}

/** Roles that a claim gives: a list of groups, or one. */
function rolesOfGroups(groups: unknown, roleMap: OidcSettings['roleMap']): readonly Role[] {
  const names = (Array.isArray(groups) ? groups : [groups]).filter((name): name is string => typeof name === 'string');
  return knownRoles(names.flatMap((name) => (Object.hasOwn(roleMap, name) ? (roleMap[name] ?? []) : [])));
}
