import { type SignatureFinding } from '#libs/governance/signature/decide-signed';
import { matchResources, parseStatement, type SignedResource, STATEMENT_MEDIA_TYPE, StatementError } from '#libs/governance/signature/model-statement';
import { BundleError, bundleKeyId, verifyBundle } from './verify-bundle.ts';

/** What must be known of a key. */
export interface VerifyingKey {
  readonly keyId: string;
  readonly pem: string;
  readonly revokedAtMs: number | null;
}

/**
 * Verifies a bundle against the files that are there.
 * @param keys keys that are or were trusted
 */
export function verifySignature(bundle: unknown, present: readonly SignedResource[], keys: readonly VerifyingKey[]): SignatureFinding {
  let keyId: string | null = null;
  try {
    keyId = bundleKeyId(bundle);
    const key = keys.find((one) => one.keyId === keyId);
    if (key && key.revokedAtMs !== null) return { standing: 'key-revoked', keyId, detail: `its key ${keyId} was revoked` };
    const payload = verifyBundle(bundle, STATEMENT_MEDIA_TYPE, () => key?.pem ?? null);
    const match = matchResources(parseStatement(payload).resources, present);
    if (match.matches) return { standing: 'valid', keyId };
    return { standing: 'not-valid', keyId, detail: MISMATCH[match.reason](match.name) };
  } catch (error) {
    if (error instanceof BundleError) return { standing: error.reason === 'key-unknown' ? 'key-unknown' : 'not-valid', keyId, detail: error.message };
    if (error instanceof StatementError) return { standing: 'not-valid', keyId, detail: error.message };
    throw error;
  }
}

const MISMATCH = {
  'missing-file': (name: string) => `it signs ${name}, which is not there`,
  'other-bytes': (name: string) => `it signs other bytes of ${name} than those that are there`,
  'unsigned-file': (name: string) => `it does not sign ${name}, which is there`,
} as const;
