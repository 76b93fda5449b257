import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type SignatureFinding } from '#libs/governance/signature/decide-signed';
import { type SignedResource } from '#libs/governance/signature/model-statement';
import { componentResources, releaseResources, type SignedSubject } from '#libs/governance/signature/signed-subject';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { verifySignature } from '#libs/signing/verify-signature';
import { type StoredSignature } from '#libs/store/signatures/signatures';
import { auditOf } from '../http/audited.ts';
import { pageAfter } from '../http/cursor.ts';
import { RELEASES, type ReleasesPort } from '../releases/releases-port.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { SIGNATURES, type SignaturesPort, TRUSTED_KEYS, type TrustedKeysPort } from './signature-ports.ts';

/** Takes in signatures that verify, and shows how they stand. */
@Injectable()
export class SignatureDesk {
  constructor(
    @Inject(SIGNATURES) private readonly signatures: SignaturesPort,
    @Inject(TRUSTED_KEYS) private readonly keys: TrustedKeysPort,
    @Inject(RELEASES) private readonly releases: Pick<ReleasesPort, 'find'>,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  /** @throws ProblemError 404, 409, 422 naming what is wrong with the signature */
  async attach({ kind, digest, bundle }: RouteInput<typeof ROUTES.attachSignature>['body'], caller: Principal): Promise<RouteOutput<typeof ROUTES.attachSignature>> {
    const present = await this.#present({ kind, digest });
    const finding = verifySignature(bundle, present, await this.keys.list());
    if (finding.standing !== 'valid') throw refused(`signature_${finding.standing.replaceAll('-', '_')}`, `${finding.detail}; ${REMEDIES[finding.standing]}`);
    const atMs = this.settings.now();
    const stored: StoredSignature = { id: randomUUID(), kind, digest, keyId: finding.keyId, bundle, addedBy: caller.accountId, verifiedAtMs: atMs };
    const audit = { ...auditOf(caller, atMs, 'signature.attach', `${kind}/${digest}`), after: { id: stored.id, keyId: stored.keyId } };
    if (!(await this.signatures.attach(stored, audit))) {
      throw new ProblemError({
        status: 409,
        code: 'already_signed',
        title: 'It is signed already',
        detail: `The key ${finding.keyId} has signed this ${kind} before; that signature stays. GET /api/v1/signatures/${kind}/${digest} shows it.`,
        field: 'bundle',
      });
    }
    return signatureBody(stored, finding);
  }

  async list(subject: SignedSubject, query: RouteInput<typeof ROUTES.listSignatures>['query']): Promise<RouteOutput<typeof ROUTES.listSignatures>> {
    const present = await this.#present(subject);
    const keys = await this.keys.list();
    const { items, nextCursor } = pageAfter(await this.signatures.of(subject.kind, [subject.digest]), query, ({ id }) => id);
    return { items: items.map((stored) => signatureBody(stored, verifySignature(stored.bundle, present, keys))), nextCursor };
  }

  async #present({ kind, digest }: SignedSubject): Promise<readonly SignedResource[]> {
    if (kind === 'release') {
      const release = await this.releases.find(digest);
      if (!release) throw missing('release_not_found', 'No such release', 'GET /api/v1/releases lists them.');
      return releaseResources(release.manifest);
    }
    if (!(await this.signatures.hasComponent(digest))) throw missing('component_not_found', 'No such component version', 'GET /api/v1/components lists them.');
    return componentResources(digest);
  }
}

const REMEDIES: Readonly<Record<Exclude<SignatureFinding['standing'], 'valid'>, string>> = {
  'key-unknown': 'trust the key first with POST /api/v1/trusted-keys, or sign with a trusted one',
  'key-revoked': 'sign with a key that is trusted',
  'not-valid': 'sign exactly this with `signalbox sign`',
};

function refused(code: string, detail: string): ProblemError {
  return new ProblemError({ status: 422, code, title: 'The signature is refused', detail: `Body field bundle: ${detail}.`, field: 'bundle' });
}

function missing(code: string, title: string, remedy: string): ProblemError {
  return new ProblemError({ status: 404, code, title, detail: `Field digest: nothing has this digest. ${remedy}`, field: 'digest' });
}

function signatureBody({ verifiedAtMs, bundle, ...same }: StoredSignature, finding: SignatureFinding): RouteOutput<typeof ROUTES.attachSignature> {
  return {
    ...same,
    verifiedAt: new Date(verifiedAtMs).toISOString(),
    standing: finding.standing,
    detail: finding.standing === 'valid' ? null : finding.detail,
    bundle: bundle as Record<string, unknown>,
  };
}
