const SEPARATOR = ',';

/** The accounts behind a key, the one that made it first; none where nobody is known. */
export function issuersOf(issuedBy: string | null): readonly string[] {
  return issuedBy === null ? [] : issuedBy.split(SEPARATOR);
}

/**
 * Who stands behind a key: the account that makes it, and whoever handed out the key that this is done with,
 * since they could have done it too. A key of one's own is nobody's more than the one that made it.
 */
export function issuersOfNewKey(owner: string | null, maker: { readonly accountId: string; readonly issuedBy: string | null }): string {
  if (owner === maker.accountId) return maker.issuedBy ?? maker.accountId;
  return [...new Set([maker.accountId, ...issuersOf(maker.issuedBy)])].join(SEPARATOR);
}
