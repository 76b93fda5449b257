import { describe, expect, it } from 'vitest';
import { matchResources, parseStatement, STATEMENT_MEDIA_TYPE, statementJson } from '#libs/governance/signature/model-statement';
import { generateSigningKey, KeyError, publicKeyOf, readPrivateKey, readPublicKey } from './signing-key.ts';
import { signStatement } from './sign-statement.ts';
import { type BundleReason, verifyBundle } from './verify-bundle.ts';

const RESOURCES = [
  { name: 'router/0', sha256: '22'.repeat(32) },
  { name: 'backbone', sha256: '11'.repeat(32) },
];
const mine = generateSigningKey(null);
const other = generateSigningKey(null);
const statement = statementJson('release/x', RESOURCES);
const bundle = (await signStatement(statement, STATEMENT_MEDIA_TYPE, readPrivateKey(mine.privatePem, null))) as {
  mediaType: string;
  verificationMaterial: { publicKey: { hint: string } };
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
};

const keys = new Map([mine, other].map(({ publicKey }) => [publicKey.keyId, publicKey.pem]));
const verify = (given: unknown) => verifyBundle(given, STATEMENT_MEDIA_TYPE, (keyId) => keys.get(keyId) ?? null);
const changed = (change: (copy: typeof bundle) => void): unknown => {
  const copy = structuredClone(bundle);
  change(copy);
  return copy;
};

describe('bundles', () => {
  it('are Sigstore bundles v0.3 that name their key and verify offline', () => {
    expect(bundle.mediaType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json');
    expect(bundle.verificationMaterial.publicKey.hint).toBe(mine.publicKey.keyId);
    expect(verify(bundle)).toBe(statement);
    expect(parseStatement(verify(bundle))).toEqual({ model: 'release/x', resources: RESOURCES.toReversed() });
  });

  const forged: [string, unknown, BundleReason][] = [
    ['a payload that was swapped', changed((copy) => (copy.dsseEnvelope.payload = Buffer.from(statementJson('release/x', [])).toString('base64'))), 'signature-invalid'],
    ['a signature that was altered', changed((copy) => (copy.dsseEnvelope.signatures[0]!.sig = copy.dsseEnvelope.signatures[0]!.sig.replace(/.(?=.{6}$)/, (c) => (c === 'A' ? 'B' : 'A')))), 'signature-invalid'],
    ['another trusted key named in place of the signer', changed((copy) => (copy.verificationMaterial.publicKey.hint = other.publicKey.keyId)), 'signature-invalid'],
    ['a key that is not known', changed((copy) => (copy.verificationMaterial.publicKey.hint = '0'.repeat(64))), 'key-unknown'],
    ['no key at all', changed((copy) => (copy.verificationMaterial.publicKey.hint = '')), 'malformed-bundle'],
    ['another payload type', changed((copy) => (copy.dsseEnvelope.payloadType = 'text/plain')), 'other-payload'],
    ['a second signature', changed((copy) => copy.dsseEnvelope.signatures.push({ sig: 'AAAA' })), 'malformed-bundle'],
    ['no signature', changed((copy) => (copy.dsseEnvelope.signatures = [])), 'malformed-bundle'],
    ['something else', { hello: 1 }, 'malformed-bundle'],
    ['nothing', null, 'malformed-bundle'],
  ];
  it.each(forged)('are refused with %s', (_, given, reason) => {
    expect(() => verify(given)).toThrow(expect.objectContaining({ name: 'BundleError', reason }));
  });
});

describe('keys', () => {
  it('are read with their passphrase only, and public keys only where they are public', () => {
    const { privatePem, publicKey } = generateSigningKey('correct horse');
    expect(privatePem).toContain('ENCRYPTED');
    expect(publicKeyOf(readPrivateKey(privatePem, 'correct horse'))).toEqual(publicKey);
    expect(readPublicKey(publicKey.pem)).toEqual(publicKey);
    for (const wrong of [() => readPrivateKey(privatePem, 'wrong'), () => readPrivateKey(privatePem, null), () => readPublicKey('no key'), () => readPublicKey(mine.privatePem)]) {
      expect(wrong).toThrow(KeyError);
    }
  });
});

describe('statements', () => {
  it.each([
    ['a resource left out', (text: string) => text.replace(/,\{"name":"router[^}]*\}/, ''), 'digest is not that'],
    ['a resource twice', (text: string) => text.replace('"router/0"', '"backbone"'), 'twice'],
    ['another predicate', (text: string) => text.replace('v1.0', 'v9.0'), 'predicateType'],
    ['another hash', (text: string) => text.replace('"hash_type":"sha256"', '"hash_type":"blake2"'), 'serialization'],
    ['no JSON', () => '{', 'no JSON'],
  ])('are refused with %s', (_, change, message) => {
    expect(() => parseStatement(change(statement))).toThrow(message);
  });

  it('match only exactly the files they name', () => {
    const [router, backbone] = RESOURCES as [(typeof RESOURCES)[0], (typeof RESOURCES)[0]];
    expect(matchResources(RESOURCES, [backbone, router])).toEqual({ matches: true });
    expect(matchResources(RESOURCES, [backbone])).toMatchObject({ reason: 'missing-file', name: 'router/0' });
    expect(matchResources([backbone], RESOURCES)).toMatchObject({ reason: 'unsigned-file', name: 'router/0' });
    expect(matchResources(RESOURCES, [router, { ...backbone, sha256: '33'.repeat(32) }])).toMatchObject({ reason: 'other-bytes', name: 'backbone' });
  });
});
