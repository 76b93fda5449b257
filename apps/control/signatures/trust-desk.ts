import { Inject, Injectable } from '@nestjs/common';
import { type RouteInput, type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type SignatureLevel } from '#libs/governance/signature/decide-signed';
import { type Principal } from '#libs/platform/auth/scopes';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { KeyError, readPublicKey } from '#libs/signing/signing-key';
import { INSTALLATION, type SignaturePolicy } from '#libs/store/signatures/signature-policies';
import { type TrustedKey } from '#libs/store/signatures/trusted-keys';
import { auditOf } from '../http/audited.ts';
import { pageAfter } from '../http/cursor.ts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { SIGNATURE_POLICIES, type SignaturePoliciesPort, TRUSTED_KEYS, type TrustedKeysPort } from './signature-ports.ts';

type KeyBody = RouteOutput<typeof ROUTES.addTrustedKey>;
type PolicyBody = RouteOutput<typeof ROUTES.getSignaturePolicy>;

/** Whose signatures count, and what must be signed. */
@Injectable()
export class TrustDesk {
  constructor(
    @Inject(TRUSTED_KEYS) private readonly keys: TrustedKeysPort,
    @Inject(SIGNATURE_POLICIES) private readonly policies: SignaturePoliciesPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  /** @throws ProblemError 409 when the key is there already, 422 when it cannot be used */
  async addKey({ name, pem }: RouteInput<typeof ROUTES.addTrustedKey>['body'], caller: Principal): Promise<KeyBody> {
    const key = { ...readKey(pem), name, addedBy: caller.accountId, addedAtMs: this.settings.now() };
    const audit = { ...auditOf(caller, key.addedAtMs, 'trusted-key.add', `trusted-key/${key.keyId}`), after: { name, keyId: key.keyId } };
    if (!(await this.keys.add(key, audit))) {
      throw new ProblemError({
        status: 409,
        code: 'key_exists',
        title: 'The key is there already',
        detail: 'Body field pem: this key was added before, and is trusted or revoked. A key that was revoked stays so: make a new one.',
        field: 'pem',
      });
    }
    return keyBody({ ...key, revokedBy: null, revokedAtMs: null, revokeReason: null });
  }

  async listKeys(query: RouteInput<typeof ROUTES.listTrustedKeys>['query']): Promise<RouteOutput<typeof ROUTES.listTrustedKeys>> {
    const { items, nextCursor } = pageAfter(await this.keys.list(), query, ({ keyId }) => keyId);
    return { items: items.map(keyBody), nextCursor };
  }

  /** @throws ProblemError 404, 409 */
  async revokeKey(keyId: string, reason: string, caller: Principal): Promise<KeyBody> {
    const key = await this.keys.find(keyId);
    if (!key) throw new ProblemError({ status: 404, code: 'key_not_found', title: 'No such key', detail: 'Path field keyId: GET /api/v1/trusted-keys lists the keys.', field: 'keyId' });
    const atMs = this.settings.now();
    const audit = { ...auditOf(caller, atMs, 'trusted-key.revoke', `trusted-key/${keyId}`, { name: key.name }), before: { revoked: false }, after: { revoked: true }, reason };
    if (!(await this.keys.revoke(keyId, { by: caller.accountId, atMs, reason }, audit))) {
      throw new ProblemError({ status: 409, code: 'key_revoked', title: 'The key is revoked already', detail: `Path field keyId: ${key.name} was revoked before.`, field: 'keyId' });
    }
    return keyBody({ ...key, revokedBy: caller.accountId, revokedAtMs: atMs, revokeReason: reason });
  }

  /** @param model null for the installation */
  async policy(model: string | null): Promise<PolicyBody> {
    const policy = await this.policies.find(model ?? INSTALLATION);
    return this.#policyBody(policy);
  }

  /** @throws ProblemError 412 telling the policy as it is now */
  async setPolicy(model: string | null, level: SignatureLevel | null, ifMatch: string, caller: Principal): Promise<PolicyBody> {
    const scope = model ?? INSTALLATION;
    const before = await this.policies.find(scope);
    const atMs = this.settings.now();
    const expectedGeneration = Number(ifMatch.slice(1, -1));
    const subject = model === null ? 'signature-policy' : `model/${model}`;
    const audit = { ...auditOf(caller, atMs, 'signature-policy.set', subject), before: { level: before.level }, after: { level } };
    if (!(await this.policies.set({ scope, level, by: caller.accountId, atMs, expectedGeneration }, audit))) {
      const now = await this.policies.find(scope);
      throw new ProblemError({
        status: 412,
        code: 'signature_policy_changed',
        title: 'Someone else changed it since',
        detail: `If-Match: the policy is of generation "${now.generation}" now and says ${now.level ?? 'to follow the installation'}: read it again.`,
        field: 'if-match',
      });
    }
    return this.#policyBody({ level, generation: expectedGeneration + 1, updatedAtMs: atMs });
  }

  async #policyBody({ level, generation, updatedAtMs }: SignaturePolicy): Promise<PolicyBody> {
    const inForce = level ?? (await this.policies.find(INSTALLATION)).level ?? 'off';
    return { level, inForce, generation, updatedAt: updatedAtMs === null ? null : new Date(updatedAtMs).toISOString() };
  }
}

function readKey(pem: string): { readonly keyId: string; readonly pem: string } {
  try {
    return readPublicKey(pem);
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    throw new ProblemError({ status: 422, code: 'key_not_usable', title: 'The key cannot be used', detail: `Body field pem: ${error.message}.`, field: 'pem' });
  }
}

function keyBody({ addedAtMs, revokedAtMs, ...same }: TrustedKey): KeyBody {
  return { ...same, addedAt: new Date(addedAtMs).toISOString(), revokedAt: revokedAtMs === null ? null : new Date(revokedAtMs).toISOString() };
}
