import { createPublicKey } from 'node:crypto';
import { type Bundle, bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, Verifier } from '@sigstore/verify';

export type BundleReason = 'malformed-bundle' | 'other-payload' | 'key-unknown' | 'signature-invalid';

/** A bundle does not prove what it holds. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
  readonly reason: BundleReason;

  constructor(reason: BundleReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

/** The id of the key that a bundle says it was signed with. @throws BundleError */
export function bundleKeyId(bundle: unknown): string {
  const { content } = parse(bundle).verificationMaterial;
  if (content.$case !== 'publicKey' || content.publicKey.hint === '') {
    throw new BundleError('malformed-bundle', 'verificationMaterial.publicKey.hint must name the key: sign with a local key, not with a certificate');
  }
  return content.publicKey.hint;
}

/**
 * Checks a bundle's signature with the key that it names, offline: no transparency log, no timestamps.
 * @param pemOf the PEM of a key by its id; null where it is not known
 * @returns the payload that was signed
 * @throws BundleError
 */
export function verifyBundle(bundle: unknown, mediaType: string, pemOf: (keyId: string) => string | null): string {
  const keyId = bundleKeyId(bundle);
  const parsed = parse(bundle);
  if (parsed.content.$case !== 'dsseEnvelope' || parsed.content.dsseEnvelope.payloadType !== mediaType) {
    throw new BundleError('other-payload', `dsseEnvelope.payloadType must be ${mediaType}`);
  }
  // Others would be left unchecked.
  if (parsed.content.dsseEnvelope.signatures.length !== 1) throw new BundleError('malformed-bundle', 'dsseEnvelope.signatures must hold one signature');
  const pem = pemOf(keyId);
  if (pem === null) throw new BundleError('key-unknown', `it was signed with the key ${keyId}, which is not known`);
  const publicKey = createPublicKey(pem);
  const verifier = new Verifier(
    { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [], publicKey: () => ({ publicKey, validFor: () => true }) },
    { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 },
  );
  try {
    verifier.verify(toSignedEntity(parsed));
  } catch (error) {
    throw new BundleError('signature-invalid', `the signature is not that of the key ${keyId} over this payload`, error);
  }
  return parsed.content.dsseEnvelope.payload.toString('utf8');
}

function parse(bundle: unknown): Bundle {
  try {
    return bundleFromJSON(bundle);
  } catch (error) {
    throw new BundleError('malformed-bundle', `this is no Sigstore bundle: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}
