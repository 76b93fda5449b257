import { z } from 'zod';
import { SIGNATURE_LEVELS } from '#libs/governance/signature/decide-signed';
import { count, instant, modelName, pageOf, pageQuery, sha256 } from './common.ts';

const subjectKind = z.enum(['release', 'component'], 'give release or component').describe('What is signed: a whole release, or one component version by itself.');
const subjectDigest = sha256.describe('Release id, or digest of the component version.');
const keyId = sha256.describe('SHA-256 of the public key in PEM.');
const account = z.string().describe('The account that did it.');

export const signatureBody = z
  .strictObject({
    kind: subjectKind,
    digest: subjectDigest,
    bundle: z.looseObject({}, 'give the bundle as the JSON object that `signalbox sign` wrote').describe('Sigstore bundle v0.3 with an OpenSSF model signature.'),
  })
  .meta({ id: 'SignatureRequest' });

const signatureFields = { id: z.uuid().describe('Of the signature.'), kind: subjectKind, digest: subjectDigest, keyId, addedBy: account, verifiedAt: instant.describe('When it was verified and attached; it is verified again at each load.') };
export const signatureSchema = z
  .object({
    ...signatureFields,
    standing: z.enum(['valid', 'key-unknown', 'key-revoked', 'not-valid']).describe('What verifying it now shows.'),
    detail: z.string().nullable().describe('What is wrong with it, where something is.'),
    bundle: z.looseObject({}).describe('Sigstore bundle v0.3, as it was attached.'),
  })
  .meta({ id: 'Signature' });
export const signaturesParams = z.object({ kind: subjectKind, digest: subjectDigest });
export const signaturesQuery = z.object(pageQuery);
export const signaturesSchema = pageOf(signatureSchema, 'Signatures');

export const trustedKeyBody = z
  .strictObject({
    name: z.string('give a name for the key').min(1, 'give a name for the key').max(100, 'give at most 100 characters').describe('For people: whose key it is.'),
    pem: z.string('give the public key in PEM').min(1, 'give the public key in PEM').max(10_000, 'give one public key in PEM').describe('Public key, ECDSA P-256, in PEM.'),
  })
  .meta({ id: 'TrustedKeyRequest' });
export const trustedKeySchema = z
  .object({
    keyId,
    name: z.string().describe('For people: whose key it is.'),
    pem: z.string().describe('Public key in PEM.'),
    addedBy: account,
    addedAt: instant.describe('When it was added.'),
    revokedBy: account.nullable(),
    revokedAt: instant.nullable().describe('Null while it is trusted.'),
    revokeReason: z.string().nullable().describe('Why, in the words of who revoked it.'),
  })
  .meta({ id: 'TrustedKey' });
export const trustedKeysQuery = z.object(pageQuery);
export const trustedKeysSchema = pageOf(trustedKeySchema, 'TrustedKeys');
export const trustedKeyParams = z.object({ keyId });
export const revocationBody = z
  .strictObject({ reason: z.string('say why').min(1, 'say why').max(1000, 'give at most 1000 characters').describe('Why it is trusted no longer.') })
  .meta({ id: 'TrustedKeyRevocation' });

const level = z.enum(SIGNATURE_LEVELS, 'give off, releases or components');
export const policyHeaders = z.object({
  'if-match': z.string().regex(/^"\d{1,9}"$/, 'give the ETag of the policy as you read it, such as "1"').describe('ETag of the policy as read before.'),
});
export const policyBody = z.strictObject({ level: level.describe('What must be signed for a release to be loaded.') }).meta({ id: 'SignaturePolicyRequest' });
export const modelPolicyBody = z
  .strictObject({ level: level.nullable().describe('What must be signed for a release of the model to be loaded; null to follow the installation.') })
  .meta({ id: 'ModelSignaturePolicyRequest' });
export const policyParams = z.object({ model: modelName });
export const policySchema = z
  .object({
    level: level.nullable().describe('Null where the model follows the installation.'),
    inForce: level.describe('What holds.'),
    generation: count('Counts the changes; the ETag.'),
    updatedAt: instant.nullable().describe('Null where nobody has set it.'),
  })
  .meta({ id: 'SignaturePolicy' });
