/** What a key may do. `admin` may do everything except read traces, which needs its own scope. */
export const SCOPES = ['inference', 'read', 'traces', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

/** Who makes a request. */
export interface Principal {
  readonly keyId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
}

/** Whether the principal may do what needs this scope. Traces are as sensitive as prompts, so no other scope implies them. */
export function hasScope(principal: Principal, needed: Scope): boolean {
  return principal.scopes.includes(needed) || (needed !== 'traces' && principal.scopes.includes('admin'));
}

/** Drops what this version does not know, such as scopes of a newer one. */
export function knownScopes(names: readonly string[]): Scope[] {
  return SCOPES.filter((scope) => names.includes(scope));
}
