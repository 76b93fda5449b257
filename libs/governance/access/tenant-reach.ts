export type TenantReach =
  /** No limit, or nothing in the answer belongs to a tenant. */
  | { readonly reach: 'all'; readonly reason: 'not-bound' | 'shared' }
  /** The tenant's own part, which the operation must keep to. */
  | { readonly reach: 'own'; readonly reason: 'own' | 'forced'; readonly tenant: string }
  | { readonly reach: 'none'; readonly reason: 'other-tenant' | 'not-for-tenants' };

/**
 * What a caller may reach by an operation.
 * @param bound tenant the caller is bound to; null: none
 * @param tenancy what the operation gives to callers who are bound
 * @param asked tenant that the request names; null where it names none
 */
export function decideTenantReach(bound: string | null, tenancy: 'own' | 'shared' | 'none', asked: string | null): TenantReach {
  if (bound === null) return { reach: 'all', reason: 'not-bound' };
  if (tenancy === 'shared') return { reach: 'all', reason: 'shared' };
  if (tenancy === 'none') return { reach: 'none', reason: 'not-for-tenants' };
  if (asked === null) return { reach: 'own', reason: 'forced', tenant: bound };
  return asked === bound ? { reach: 'own', reason: 'own', tenant: bound } : { reach: 'none', reason: 'other-tenant' };
}
