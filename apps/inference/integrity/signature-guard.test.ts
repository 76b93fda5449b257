import { expect, it } from 'vitest';
import { type SignatureLevel } from '#libs/governance/signature/decide-signed';
import { STATEMENT_MEDIA_TYPE, statementJson } from '#libs/governance/signature/model-statement';
import { componentResources, releaseResources } from '#libs/governance/signature/signed-subject';
import { type ReleaseManifest } from '#libs/release/manifest';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { generateSigningKey, readPrivateKey } from '#libs/signing/signing-key';
import { signStatement } from '#libs/signing/sign-statement';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { IntegrityError } from './component-check.ts';
import { refusalAuditor } from './refusal-audit.ts';
import { signatureGuard } from './signature-guard.ts';

const manifest = { format: 'signalbox.release/1', model: 'm', components: { backbone: 'b'.repeat(64), 'expert/0/1': 'c'.repeat(64) } } as unknown as ReleaseManifest;
const releaseId = releaseIdOf(manifest);
const mine = generateSigningKey(null);
const sign = (resources: ReturnType<typeof releaseResources>) => signStatement(statementJson('x', resources), STATEMENT_MEDIA_TYPE, readPrivateKey(mine.privatePem, null));

const shelf = (level: SignatureLevel, stored: readonly { digest: string; bundle: unknown }[], revokedAtMs: number | null = null) =>
  signatureGuard({
    levelFor: async () => level,
    signaturesOf: async (_, digests) => stored.filter(({ digest }) => digests.includes(digest)),
    keys: async () => [{ ...mine.publicKey, revokedAtMs }],
  })(releaseId, manifest);

it('lets pass what the policy asks to be signed, and refuses the rest by name', async () => {
  const whole = { digest: releaseId, bundle: await sign(releaseResources(manifest)) };
  const parts = await Promise.all(Object.values(manifest.components).map(async (digest) => ({ digest, bundle: await sign(componentResources(digest)) })));
  await shelf('off', []);
  await shelf('releases', [whole]);
  await shelf('components', parts);
  await expect(shelf('releases', parts)).rejects.toThrow(/the release has no valid signature.*unsigned/);
  await expect(shelf('components', [whole])).rejects.toMatchObject({ name: 'SignatureRefusedError', reason: 'unsigned' });
  await expect(shelf('components', parts.slice(0, 1))).rejects.toThrow(/component expert\/0\/1 has no valid signature/);
  await expect(shelf('releases', [whole], 1)).rejects.toMatchObject({ reason: 'key-revoked' });
  await expect(shelf('releases', [{ digest: releaseId, bundle: await sign(releaseResources(manifest).slice(1)) }])).rejects.toThrow(/does not sign release\.json/);
});

it('audits each refusal once, and tries again when the log is away', async () => {
  const entries: AuditEntry[] = [];
  const failures: unknown[] = [];
  let away = true;
  const tell = refusalAuditor(async (entry) => (away ? Promise.reject(new Error('away')) : void entries.push(entry)), () => 5, (error) => failures.push(error));
  const refused = new IntegrityError('component-damaged', 'backbone', 'its bytes differ');
  await tell(releaseId, manifest, refused);
  away = false;
  await tell(releaseId, manifest, refused);
  await tell(releaseId, manifest, refused);
  await tell(releaseId, manifest, new Error('no memory'));
  expect(failures).toHaveLength(1);
  expect(entries).toMatchObject([{ action: 'release.refuse-load', subject: `release/${releaseId}`, detail: { reason: 'component-damaged', component: 'backbone', model: 'm' } }]);
});
