import { type EntityManager } from 'typeorm';
import { type AdminWay, decideAdminLoss } from '#libs/governance/access/last-admin';
import { ADMIN_ROLES } from '#libs/governance/access/permissions';
import { LOCKS } from '../locks.ts';

/** The change would leave nobody who can administer; nothing was written. */
export class LastAdminError extends Error {
  override readonly name = 'LastAdminError';
}

export interface AdminGuard {
  readonly atMs: number;
  /** Issuer whose users can sign in; null: none. */
  readonly issuer: string | null;
}

/**
 * Makes a change of accounts or keys, unless nobody could administer after it. One such change runs at
 * a time, so that two administrators cannot lock each other out.
 * @throws LastAdminError
 */
export async function guardLastAdmin<T>(manager: EntityManager, guard: AdminGuard, change: () => Promise<T>): Promise<T> {
  await manager.query('SELECT pg_advisory_xact_lock($1)', [LOCKS.accounts]);
  const before = await adminWays(manager, guard);
  const result = await change();
  if (decideAdminLoss(before, await adminWays(manager, guard)) === 'last-admin') throw new LastAdminError('nobody could administer after this');
  return result;
}

/** At most a few are needed to know that there are some. */
const MAX_WAYS = 8;

async function adminWays(manager: EntityManager, { atMs, issuer }: AdminGuard): Promise<readonly AdminWay[]> {
  // A caller bound to a tenant cannot administer, so neither such accounts nor such keys count.
  return (await manager.query(
    `SELECT account_id AS "accountId", 'key' AS "by" FROM signalbox.api_key AS k
       LEFT JOIN signalbox.account AS a ON a.id = k.account_id
      WHERE k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $1) AND k.tenant IS NULL
        AND k.scopes && ARRAY['admin', 'administer']
        AND (k.account_id IS NULL OR (a.disabled_at IS NULL AND a.tenant IS NULL AND a.roles && $2))
     UNION ALL
     SELECT a.id, 'sign-in' FROM signalbox.account AS a
       JOIN signalbox.oidc_identity AS i ON i.account_id = a.id AND i.issuer = $3
      WHERE a.disabled_at IS NULL AND a.tenant IS NULL AND a.roles && $2
     LIMIT ${MAX_WAYS}`,
    [new Date(atMs), ADMIN_ROLES, issuer],
  )) as AdminWay[];
}
