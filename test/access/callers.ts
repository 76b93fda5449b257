import { PERMISSIONS, type Permission, permissionsOf, ROLES } from '#libs/governance/access/permissions';
import { type AccessHouse } from './access-house.ts';

/** A kind of caller, and what it may do. */
export interface CallerCase {
  readonly name: string;
  readonly key: string | null;
  /** null: nobody is let in. */
  readonly may: readonly Permission[] | null;
  readonly tenant: string | null;
}
/** Every role, bound to a tenant and not; every permission alone; and whoever must not get in. */
export async function makeCallers(house: AccessHouse): Promise<CallerCase[]> {
  const all: CallerCase[] = [];
  for (const role of ROLES) {
    for (const tenant of [null, 'acme']) {
      const { key } = await house.account([role], { tenant });
      all.push({ name: `${role}${tenant === null ? '' : ` of ${tenant}`}`, key, may: permissionsOf([role]), tenant });
    }
  }
  const everyone = await house.account([...ROLES]);
  for (const scope of PERMISSIONS) {
    const { key } = await house.key({ accountId: everyone.id, scopes: [scope] });
    all.push({ name: `all roles by a key for ${scope}`, key, may: [scope], tenant: null });
  }
  const bound = await house.key({ accountId: everyone.id, tenant: 'acme' });
  all.push({ name: 'all roles by a key of acme', key: bound.key, may: PERMISSIONS, tenant: 'acme' });
  all.push({ name: 'no roles', key: (await house.account([])).key, may: [], tenant: null });
  all.push({ name: 'no key', key: null, may: null, tenant: null });
  all.push({ name: 'an unknown key', key: `sbx_aaaaaaaa_${'x'.repeat(43)}`, may: null, tenant: null });
  const disabled = await house.account(['admin']);
  await house.dataSource.query('UPDATE signalbox.account SET disabled_at = now() WHERE id = $1', [disabled.id]);
  all.push({ name: 'a disabled administrator', key: disabled.key, may: null, tenant: null });
  all.push({ name: 'an expired key', key: (await house.key({ accountId: everyone.id, expiresAtMs: Date.now() - 1000 })).key, may: null, tenant: null });
  const revoked = await house.key({ accountId: everyone.id });
  await house.dataSource.query('UPDATE signalbox.api_key SET revoked_at = now() WHERE id = $1', [revoked.keyId]);
  all.push({ name: 'a revoked key', key: revoked.key, may: null, tenant: null });
  return all;
}
