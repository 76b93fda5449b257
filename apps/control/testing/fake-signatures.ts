import { type Provider } from '@nestjs/common';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type SignaturePolicy } from '#libs/store/signatures/signature-policies';
import { type StoredSignature } from '#libs/store/signatures/signatures';
import { type TrustedKey } from '#libs/store/signatures/trusted-keys';
import { SIGNATURE_POLICIES, type SignaturePoliciesPort, SIGNATURES, type SignaturesPort, TRUSTED_KEYS, type TrustedKeysPort } from '../signatures/signature-ports.ts';

/** Signatures, keys and policies in memory. */
export function fakeSignaturePorts(append: (entry: AuditEntry) => void): Provider[] {
  const keys: TrustedKey[] = [];
  const stored: StoredSignature[] = [];
  const policies = new Map<string, SignaturePolicy>();
  const policyOf = (scope: string): SignaturePolicy => policies.get(scope) ?? { level: scope === '' ? 'off' : null, generation: 0, updatedAtMs: null };
  const trusted: TrustedKeysPort = {
    list: async () => keys,
    find: async (keyId) => keys.find((key) => key.keyId === keyId) ?? null,
    add: async (key, audit) => {
      if (keys.some(({ keyId }) => keyId === key.keyId)) return false;
      keys.push({ ...key, revokedBy: null, revokedAtMs: null, revokeReason: null });
      append(audit);
      return true;
    },
    revoke: async (keyId, { by, atMs, reason }, audit) => {
      const at = keys.findIndex((key) => key.keyId === keyId && key.revokedAtMs === null);
      const key = keys[at];
      if (!key) return false;
      keys[at] = { ...key, revokedBy: by, revokedAtMs: atMs, revokeReason: reason };
      append(audit);
      return true;
    },
  };
  const signatures: SignaturesPort = {
    attach: async (signature, audit) => {
      if (stored.some(({ kind, digest, keyId }) => kind === signature.kind && digest === signature.digest && keyId === signature.keyId)) return false;
      stored.push(signature);
      append(audit);
      return true;
    },
    of: async (kind, digests) => stored.filter((one) => one.kind === kind && digests.includes(one.digest)),
    hasComponent: async (sha256) => sha256.startsWith('c'),
  };
  const policy: SignaturePoliciesPort = {
    find: async (scope) => policyOf(scope),
    set: async ({ scope, level, atMs, expectedGeneration }, audit) => {
      if (policyOf(scope).generation !== expectedGeneration) return false;
      policies.set(scope, { level, generation: expectedGeneration + 1, updatedAtMs: atMs });
      append(audit);
      return true;
    },
  };
  return [
    { provide: TRUSTED_KEYS, useValue: trusted },
    { provide: SIGNATURES, useValue: signatures },
    { provide: SIGNATURE_POLICIES, useValue: policy },
  ];
}
