import { decideSigned, refusalText, type SignatureFinding, type SignatureLevel, type SignedDecision, subjectsToSign } from '#libs/governance/signature/decide-signed';
import { componentResources, releaseResources, type SubjectKind } from '#libs/governance/signature/signed-subject';
import { verifySignature, type VerifyingKey } from '#libs/signing/verify-signature';
import { type LoadGuard } from './verified-loading.ts';

/** The policy asks for a signature that a release has not. */
export class SignatureRefusedError extends Error {
  override readonly name = 'SignatureRefusedError';
  readonly reason: Exclude<SignedDecision, { allowed: true }>['reason'];

  constructor(reason: Exclude<SignedDecision, { allowed: true }>['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Where policy, signatures and keys are kept. */
export interface SignatureShelf {
  levelFor(model: string): Promise<SignatureLevel>;
  signaturesOf(kind: SubjectKind, digests: readonly string[]): Promise<readonly { readonly digest: string; readonly bundle: unknown }[]>;
  keys(): Promise<readonly VerifyingKey[]>;
}

/**
 * Lets a release pass only with the signatures that the policy asks for, verified here and now. Comes
 * after the check of the files, so that the digests of the manifest are those of the bytes on disk.
 */
export function signatureGuard(shelf: SignatureShelf): LoadGuard {
  return async (releaseId, manifest) => {
    const level = await shelf.levelFor(manifest.model);
    const wanted = subjectsToSign(level, releaseId, manifest);
    if (wanted.size === 0) return;
    const stored = await shelf.signaturesOf(level === 'releases' ? 'release' : 'component', [...wanted.keys()]);
    const keys = await shelf.keys();
    const findings = new Map<string, SignatureFinding[]>();
    for (const { digest, bundle } of stored) {
      const present = level === 'releases' ? releaseResources(manifest) : componentResources(digest);
      findings.set(digest, [...(findings.get(digest) ?? []), verifySignature(bundle, present, keys)]);
    }
    const decision = decideSigned(level, wanted, findings);
    const refusal = refusalText(level, decision);
    if (!decision.allowed && refusal !== null) throw new SignatureRefusedError(decision.reason, refusal);
  };
}
