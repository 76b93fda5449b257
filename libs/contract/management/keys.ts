import { z } from 'zod';
import { PERMISSIONS } from '#libs/governance/access/permissions';
import { instant, pageOf, pageQuery } from './common.ts';

export const scopeSchema = z.enum([...PERMISSIONS, 'admin'], `give ${PERMISSIONS.join(', ')} or admin`);

export const keyBody = z
  .strictObject({
    name: z.string('give a name for the key').min(1, 'give a name for the key').max(100, 'give at most 100 characters').describe('For people, to tell keys apart.'),
    scopes: z.array(scopeSchema, 'give a list of scopes').min(1, 'give at least one scope').max(PERMISSIONS.length + 1).describe('What the key may do.'),
  })
  .meta({ id: 'KeyRequest' });

export const keyParams = z.object({ keyId: z.uuid('give a key id, as GET /api/v1/keys lists them') });

const keyFields = {
  id: z.uuid(),
  name: z.string(),
  scopes: z.array(scopeSchema),
  createdAt: instant,
  revokedAt: instant.nullable(),
};
export const keySchema = z.object(keyFields).meta({ id: 'Key' });
export const createdKeySchema = z.object({ ...keyFields, secret: z.string().describe('Shown now and never again; stored only as a hash.') }).meta({ id: 'CreatedKey' });
export const keysQuery = z.object(pageQuery);
export const keysSchema = pageOf(keySchema, 'Keys');
