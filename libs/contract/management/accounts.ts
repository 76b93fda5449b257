import { z } from 'zod';
import { ROLES } from '#libs/governance/access/permissions';
import { count, instant, pageOf, pageQuery } from './common.ts';
import { accountId, tenantLabel } from './keys.ts';

export const roleSchema = z.enum(ROLES, `give ${ROLES.join(', ')}`);
const name = z.string('give a name').regex(/^[^\p{C}]{1,100}$/u, 'give 1 to 100 visible characters').describe('Unique among accounts.');
const email = z.email('give an e-mail address').max(254, 'give at most 254 characters').describe('Whoever signs in with it, verified, gets this account.');
const roles = z.array(roleSchema, `give a list of ${ROLES.join(', ')}`).max(ROLES.length);
const tenant = tenantLabel.nullable().describe('The only tenant whose data it sees; null: all.');

export const accountBody = z
  .strictObject({
    kind: z.enum(['user', 'service'], 'give user or service').describe('A person, or a program.'),
    name,
    email: email.optional(),
    roles,
    tenant: tenant.optional(),
  })
  .meta({ id: 'AccountRequest' });

export const accountChange = z
  .strictObject({ name: name.optional(), email: email.nullable().optional(), roles: roles.optional(), tenant: tenant.optional(), disabled: z.boolean().optional().describe('Stops its keys and sessions at once.') })
  .refine((change) => Object.keys(change).length > 0, 'give at least one of name, email, roles, tenant, disabled')
  .meta({ id: 'AccountChange' });

export const accountParams = z.object({ accountId });
export const versionHeaders = z.object({
  'if-match': z.string('give the ETag of GET, such as "3"').regex(/^"\d{1,9}"$/, 'give the ETag of GET, such as "3"').describe('ETag of the account as it was read.'),
});

export const accountSchema = z
  .object({
    id: z.string().describe('As the audit log names it.'),
    kind: z.enum(['user', 'service']),
    name: z.string(),
    email: z.string().nullable(),
    roles: z.array(roleSchema),
    tenant: z.string().nullable().describe('The only tenant whose data it sees; null: all.'),
    disabledAt: instant.nullable(),
    createdAt: instant,
    createdBy: z.string().describe('Account that made it, or system.'),
    version: count('Rises with each change; also the ETag.'),
  })
  .meta({ id: 'Account' });
export const accountsQuery = z.object(pageQuery);
export const accountsSchema = pageOf(accountSchema, 'Accounts');
