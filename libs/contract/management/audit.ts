import { z } from 'zod';
import { count, instant, pageOf, pageQuery, sha256 } from './common.ts';

const auditTime = z.iso.datetime({ offset: true, precision: 6 }).describe('UTC, with microseconds.');
const digest = (description: string) => sha256.nullable().describe(description);

const entryFields = {
  id: z.string().describe('Names the entry in this API.'),
  seq: z.int().nullable().describe('Position in the chain, from 1, without gaps. null: a version without the chain wrote it.'),
  at: auditTime,
  actor: z.string().describe('The account that acted, or `system`.'),
  action: z.string().describe('Such as trace.read, activation.promote, key.create.'),
  subject: z.string().describe('What it was done to: a request, a model, a key.'),
  requestId: z.string().nullable().describe('The request that asked for it.'),
  reason: z.string().nullable().describe('Why, in the words of who did it.'),
  details: z.unknown().describe('What else belongs to it, by action.'),
  before: z.unknown().describe('The state that was changed, before; null where there was none.'),
  after: z.unknown().describe('The same after.'),
  previousHash: digest('Hash of the entry before; of the first one 32 zero bytes.'),
  hash: digest('SHA-256 over the hash before and all fields.'),
};

const auditEntrySchema = z.object(entryFields).meta({ id: 'AuditEntry' });

const text = (max: number, what: string) => z.string().min(1, `give ${what}`).max(max, `give at most ${max} characters`).optional();

export const auditQuery = z.object({
  ...pageQuery,
  actor: text(256, 'an account').describe('Only acts of this account.'),
  action: text(128, 'an action').describe('Only this action, or all of an area: `activation.*`.'),
  subject: text(512, 'a subject').describe('Only acts on this, such as `model/tiny-mixtral`, or on all of a kind: `key/*`.'),
  requestId: text(128, 'a request id').describe('Only what this request did.'),
  from: instant.optional().describe('Start, inclusive.'),
  to: instant.optional().describe('End, exclusive.'),
});
export const auditSchema = pageOf(auditEntrySchema, 'AuditEntries');

export const auditEntryParams = z.object({ entryId: z.string().regex(/^\d{1,18}$/, 'give the id of an entry').describe('`id` of the entry.') });

const checkpointSchema = z
  .object({
    treeSize: count('Entries that it covers: 1 to this one.'),
    root: sha256.describe('Merkle Tree Hash (RFC 6962) over their hashes.'),
    at: instant,
    keyId: sha256.describe('SHA-256 of the public key.'),
    signature: z.string().describe('Ed25519, 64 bytes in base64; docs/audit.md says over what.'),
  })
  .meta({ id: 'AuditCheckpoint' });
export const checkpointsQuery = z.object(pageQuery);
export const checkpointsSchema = pageOf(checkpointSchema, 'AuditCheckpoints');

export const auditProofSchema = z
  .object({
    entry: auditEntrySchema,
    proof: z
      .object({
        leafIndex: count('Position of the entry in the tree, from 0.'),
        path: z.array(sha256).describe('Inclusion proof (RFC 6962, section 2.1.1), from the leaf up.'),
        checkpoint: checkpointSchema,
      })
      .nullable()
      .describe('That the newest checkpoint covers the entry; null where none does yet.'),
  })
  .meta({ id: 'AuditProof' });

export const auditKeySchema = z
  .object({
    keyId: sha256.describe('SHA-256 of the public key: what auditors note down.'),
    publicKey: z.string().describe('Ed25519, 32 bytes in base64.'),
    noteVerifierKey: z.string().describe('The same for tools that verify C2SP signed notes.'),
    latestNote: z.string().nullable().describe('The newest checkpoint that this key signed as a C2SP signed note; null before the first.'),
  })
  .meta({ id: 'AuditKey' });

export const adoptionBody = z.object({ reason: z.string().trim().min(1, 'say why').max(2000, 'give at most 2000 characters').describe('Why there are entries outside the chain, such as a rolling upgrade.') });
export const adoptionSchema = z
  .object({
    adopted: count('Entries that were outside the chain and are now held by it; 0: there were none, and nothing was written.'),
    digest: digest('What the chain now says of them; null where there were none.'),
  })
  .meta({ id: 'AuditAdoption' });
