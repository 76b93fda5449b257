import { z } from 'zod';
import { PERMISSIONS } from '#libs/governance/access/permissions';
import { count, instant, pageOf, pageQuery } from './common.ts';

export const scopeSchema = z.enum([...PERMISSIONS, 'admin'], `give ${PERMISSIONS.join(', ')} or admin`);
export const tenantLabel = z.string().regex(/^[\w.:-]{1,64}$/, 'give 1 to 64 letters, digits or the characters _ . : -');
export const accountId = z.string().regex(/^(user|service):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'give an account id such as service:<uuid>, as GET /api/v1/accounts lists them');

const MAX_REQUESTS_PER_MINUTE = 1_000_000;

const ownKeyFields = {
  name: z.string('give a name for the key').min(1, 'give a name for the key').max(100, 'give at most 100 characters').describe('For people, to tell keys apart.'),
  scopes: z
    .array(scopeSchema, 'give a list of scopes')
    .min(1, 'give at least one scope')
    .max(PERMISSIONS.length + 1)
    .describe('What the key may do at most; `admin` is all but `traces`, which must be named. The roles of its account limit it further.'),
  expiresAt: instant.optional().describe('When it stops; never when left out.'),
};

/** A key of the caller's own. */
export const ownKeyBody = z.strictObject(ownKeyFields).meta({ id: 'OwnKeyRequest' });

const accountKeyFields = {
  ...ownKeyFields,
  tenant: tenantLabel.optional().describe('The only tenant that it may see and speak for.'),
  requestsPerMinute: z
    .int(`give a whole number from 1 to ${MAX_REQUESTS_PER_MINUTE}`)
    .min(1, `give a whole number from 1 to ${MAX_REQUESTS_PER_MINUTE}`)
    .max(MAX_REQUESTS_PER_MINUTE, `give a whole number from 1 to ${MAX_REQUESTS_PER_MINUTE}`)
    .optional()
    .describe('Requests to /v1 in a minute, over all processes; as the installation sets it when left out.'),
};

/** A key of an account that the path names. */
export const accountKeyBody = z.strictObject(accountKeyFields).meta({ id: 'AccountKeyRequest' });

export const keyBody = z
  .strictObject({ ...accountKeyFields, account: accountId.optional().describe('Whom it acts for; when left out it acts for itself, by its scopes alone.') })
  .meta({ id: 'KeyRequest' });

export const keyParams = z.object({ keyId: z.uuid('give a key id, as GET /api/v1/keys lists them') });

const keyFields = {
  id: z.uuid(),
  name: z.string(),
  prefix: z.string().describe('What tells it apart in a log: the part after sbx_, or a hash of a chosen key.'),
  scopes: z.array(scopeSchema),
  account: z.string().nullable().describe('Whom it acts for; null: for itself.'),
  issuedBy: z.string().nullable().describe('The account that made it, where it is known. Where that one came by a key of somebody else\'s making, they follow, separated by commas.'),
  tenant: z.string().nullable().describe('The only tenant that it may see; null: as its account.'),
  requestsPerMinute: count('Requests to /v1 in a minute; null: as the installation sets it.').nullable(),
  createdAt: instant,
  expiresAt: instant.nullable(),
  lastUsedAt: instant.nullable().describe('To the minute or so.'),
  revokedAt: instant.nullable(),
};
export const keySchema = z.object(keyFields).meta({ id: 'Key' });
export const createdKeySchema = z.object({ ...keyFields, secret: z.string().describe('Shown now and never again; stored only as a hash.') }).meta({ id: 'CreatedKey' });
export const keysQuery = z.object(pageQuery);
export const keysSchema = pageOf(keySchema, 'Keys');
