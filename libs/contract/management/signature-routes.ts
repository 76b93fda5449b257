import { type Route } from './route.ts';
import {
  modelPolicyBody,
  policyBody,
  policyHeaders,
  policyParams,
  policySchema,
  revocationBody,
  signatureBody,
  signatureSchema,
  signaturesParams,
  signaturesQuery,
  signaturesSchema,
  trustedKeyBody,
  trustedKeyParams,
  trustedKeySchema,
  trustedKeysQuery,
  trustedKeysSchema,
} from './signatures.ts';

const DIGEST = '5f'.repeat(32);
const POLICY_PROBLEMS = { 412: 'Someone else changed it since: read it again.', 428: 'If-Match is missing.' };

/** Signatures of releases and component versions, and whose count. */
export const signatureRoutes = {
  attachSignature: {
    operationId: 'attachSignature', method: 'post', path: '/signatures', tag: 'signatures', needs: 'registry', tenancy: 'none',
    summary: 'Attach a signature to a release or a component version',
    description: 'Verified before it is stored, and again whenever an inference process loads what it signs.',
    body: signatureBody, status: 201, response: signatureSchema,
    problems: { 404: 'No such release or component version.', 409: 'That key has signed it already.', 422: 'The signature does not verify, or its key is not trusted.' },
    example: { body: { kind: 'release', digest: DIGEST, bundle: { mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json' } } },
  },
  listSignatures: {
    operationId: 'listSignatures', method: 'get', path: '/signatures/{kind}/{digest}', tag: 'signatures', needs: 'read', tenancy: 'none',
    summary: 'Signatures of one release or component version, verified now', params: signaturesParams, query: signaturesQuery, status: 200, response: signaturesSchema,
    problems: { 404: 'No such release or component version.' },
    example: { params: { kind: 'release', digest: DIGEST } },
  },
  addTrustedKey: {
    operationId: 'addTrustedKey', method: 'post', path: '/trusted-keys', tag: 'signatures', needs: 'administer', tenancy: 'none',
    summary: 'Trust a public key', body: trustedKeyBody, status: 201, response: trustedKeySchema,
    problems: { 409: 'The key is there already, trusted or revoked.', 422: 'The key cannot be used.' },
    example: { body: { name: 'training team', pem: '-----BEGIN PUBLIC KEY-----\n...\n-----END PUBLIC KEY-----\n' } },
  },
  listTrustedKeys: {
    operationId: 'listTrustedKeys', method: 'get', path: '/trusted-keys', tag: 'signatures', needs: 'read', tenancy: 'none',
    summary: 'Keys that are or were trusted', query: trustedKeysQuery, status: 200, response: trustedKeysSchema,
  },
  revokeTrustedKey: {
    operationId: 'revokeTrustedKey', method: 'post', path: '/trusted-keys/{keyId}/revocation', tag: 'signatures', needs: 'administer', tenancy: 'none',
    summary: 'Trust a key no longer', description: 'Where signatures are required, what only it signed is not loaded any more. What is loaded goes on serving.',
    params: trustedKeyParams, body: revocationBody, status: 200, response: trustedKeySchema,
    problems: { 404: 'No such key.', 409: 'It was revoked before.' },
    example: { params: { keyId: DIGEST }, body: { reason: 'the laptop was lost' } },
  },
  getSignaturePolicy: {
    operationId: 'getSignaturePolicy', method: 'get', path: '/signature-policy', tag: 'signatures', needs: 'read', tenancy: 'none',
    summary: 'What must be signed, unless a model has its own policy', description: 'The ETag is the generation.', status: 200, response: policySchema,
  },
  putSignaturePolicy: {
    operationId: 'putSignaturePolicy', method: 'put', path: '/signature-policy', tag: 'signatures', needs: 'administer', tenancy: 'none',
    summary: 'Say what must be signed', description: '`releases`: a release as a whole. `components`: each of its component versions by itself, whoever put the release together.',
    headers: policyHeaders, body: policyBody, status: 200, response: policySchema, problems: POLICY_PROBLEMS,
    example: { headers: { 'if-match': '"0"' }, body: { level: 'releases' } },
  },
  getModelSignaturePolicy: {
    operationId: 'getModelSignaturePolicy', method: 'get', path: '/models/{model}/signature-policy', tag: 'signatures', needs: 'read', tenancy: 'none',
    summary: 'What must be signed for a model', description: 'The ETag is the generation.', params: policyParams, status: 200, response: policySchema,
    example: { params: { model: 'tiny-mixtral' } },
  },
  putModelSignaturePolicy: {
    operationId: 'putModelSignaturePolicy', method: 'put', path: '/models/{model}/signature-policy', tag: 'signatures', needs: 'administer', tenancy: 'none',
    summary: 'Say what must be signed for a model', params: policyParams, headers: policyHeaders, body: modelPolicyBody, status: 200, response: policySchema,
    problems: POLICY_PROBLEMS,
    example: { params: { model: 'tiny-mixtral' }, headers: { 'if-match': '"0"' }, body: { level: 'components' } },
  },
} as const satisfies Record<string, Route>;
