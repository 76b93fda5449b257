import { describe, expect, it } from 'vitest';
import { STATEMENT_MEDIA_TYPE, statementJson } from '#libs/governance/signature/model-statement';
import { componentResources, releaseResources } from '#libs/governance/signature/signed-subject';
import { type Principal } from '#libs/platform/auth/scopes';
import { type ReleaseManifest } from '#libs/release/manifest';
import { generateSigningKey, readPrivateKey } from '#libs/signing/signing-key';
import { signStatement } from '#libs/signing/sign-statement';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { fakeSignaturePorts } from '../testing/fake-signatures.ts';
import { SIGNATURE_POLICIES, type SignaturePoliciesPort, SIGNATURES, type SignaturesPort, TRUSTED_KEYS, type TrustedKeysPort } from './signature-ports.ts';
import { SignatureDesk } from './signature-desk.ts';
import { TrustDesk } from './trust-desk.ts';

const manifest = { format: 'signalbox.release/1', model: 'm', components: { backbone: 'b'.repeat(64), 'expert/0/1': 'c'.repeat(64) } } as unknown as ReleaseManifest;
const RELEASE = 'a'.repeat(64);
const COMPONENT = 'c'.repeat(64);
const caller: Principal = { accountId: 'user:1', name: 'ada', keyId: null } as Principal;
const mine = generateSigningKey(null);

type Bundle = Record<string, unknown>;
const bundleOf = async (resources: Parameters<typeof statementJson>[1], key = mine) =>
  (await signStatement(statementJson('x', resources), STATEMENT_MEDIA_TYPE, readPrivateKey(key.privatePem, null))) as Bundle;

function desks() {
  const audit: AuditEntry[] = [];
  const ports = new Map(fakeSignaturePorts((entry) => audit.push(entry)).map((one) => [(one as { provide: symbol }).provide, (one as { useValue: unknown }).useValue]));
  const keys = ports.get(TRUSTED_KEYS) as TrustedKeysPort;
  const settings = { minRequests: 1, retentionDays: 1, version: '', now: () => 1000 } as ConstructorParameters<typeof TrustDesk>[2];
  const releases = { find: async (id: string) => (id === RELEASE ? ({ manifest } as never) : null) };
  return {
    audit,
    signatures: new SignatureDesk(ports.get(SIGNATURES) as SignaturesPort, keys, releases, settings),
    trust: new TrustDesk(keys, ports.get(SIGNATURE_POLICIES) as SignaturePoliciesPort, settings),
  };
}

const refusal = (status: number, code: string) => expect.objectContaining({ status, code });

describe('signatures', () => {
  it('are taken in once they verify with a trusted key, and shown with how they stand now', async () => {
    const { signatures, trust, audit } = desks();
    const bundle = await bundleOf(releaseResources(manifest));
    const attach = () => signatures.attach({ kind: 'release', digest: RELEASE, bundle }, caller);
    await expect(attach()).rejects.toThrow(refusal(422, 'signature_key_unknown'));
    await trust.addKey({ name: 'team', pem: mine.publicKey.pem }, caller);
    expect(await attach()).toMatchObject({ kind: 'release', digest: RELEASE, keyId: mine.publicKey.keyId, standing: 'valid', detail: null, addedBy: 'user:1' });
    await expect(attach()).rejects.toThrow(refusal(409, 'already_signed'));
    await signatures.attach({ kind: 'component', digest: COMPONENT, bundle: await bundleOf(componentResources(COMPONENT)) }, caller);
    await trust.revokeKey(mine.publicKey.keyId, 'lost', caller);
    const { items } = await signatures.list({ kind: 'release', digest: RELEASE }, { limit: 10 });
    expect(items).toMatchObject([{ standing: 'key-revoked', detail: expect.stringContaining('revoked') }]);
    await expect(signatures.attach({ kind: 'component', digest: `c${'0'.repeat(63)}`, bundle }, caller)).rejects.toThrow(refusal(422, 'signature_key_revoked'));
    expect(audit.map(({ action }) => action)).toEqual(['trusted-key.add', 'signature.attach', 'signature.attach', 'trusted-key.revoke']);
  });

  it('are refused where they sign something else, too little or too much', async () => {
    const { signatures, trust, audit } = desks();
    await trust.addKey({ name: 'team', pem: mine.publicKey.pem }, caller);
    const whole = releaseResources(manifest);
    const wrong: [Bundle, string][] = [
      [await bundleOf(whole.slice(1)), 'does not sign release.json'],
      [await bundleOf([...whole, { name: 'expert/9/9', sha256: COMPONENT }]), 'signs expert/9/9, which is not there'],
      [await bundleOf(whole.map((one) => (one.name === 'backbone' ? { ...one, sha256: COMPONENT } : one))), 'other bytes of backbone'],
      [{ hello: 1 }, 'no Sigstore bundle'],
    ];
    for (const [bundle, message] of wrong) {
      await expect(signatures.attach({ kind: 'release', digest: RELEASE, bundle }, caller)).rejects.toThrow(message);
    }
    await expect(signatures.attach({ kind: 'release', digest: COMPONENT, bundle: {} }, caller)).rejects.toThrow(refusal(404, 'release_not_found'));
    expect(audit).toHaveLength(1);
  });
});

describe('trust', () => {
  it('takes public P-256 keys only, each once, also when it was revoked', async () => {
    const { trust } = desks();
    const add = (pem: string) => trust.addKey({ name: 'k', pem }, caller);
    await expect(add(mine.privatePem)).rejects.toThrow(refusal(422, 'key_not_usable'));
    await add(mine.publicKey.pem);
    await trust.revokeKey(mine.publicKey.keyId, 'lost', caller);
    await expect(trust.revokeKey(mine.publicKey.keyId, 'lost', caller)).rejects.toThrow(refusal(409, 'key_revoked'));
    await expect(add(mine.publicKey.pem)).rejects.toThrow(refusal(409, 'key_exists'));
    await expect(trust.revokeKey('0'.repeat(64), 'lost', caller)).rejects.toThrow(refusal(404, 'key_not_found'));
  });

  it('sets policies for the installation and for models, refusing who has not seen the latest', async () => {
    const { trust, audit } = desks();
    expect(await trust.policy('m')).toEqual({ level: null, inForce: 'off', generation: 0, updatedAt: null });
    await trust.setPolicy(null, 'releases', '"0"', caller);
    expect(await trust.policy('m')).toMatchObject({ level: null, inForce: 'releases' });
    expect(await trust.setPolicy('m', 'off', '"0"', caller)).toMatchObject({ level: 'off', inForce: 'off', generation: 1 });
    await expect(trust.setPolicy(null, 'off', '"0"', caller)).rejects.toThrow(refusal(412, 'signature_policy_changed'));
    expect(await trust.setPolicy('m', null, '"1"', caller)).toMatchObject({ level: null, inForce: 'releases', generation: 2 });
    expect(audit.map(({ before, after }) => [before, after])).toEqual([
      [{ level: 'off' }, { level: 'releases' }],
      [{ level: null }, { level: 'off' }],
      [{ level: 'off' }, { level: null }],
    ]);
  });
});
