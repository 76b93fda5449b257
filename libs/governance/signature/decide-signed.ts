import { type ComponentName, type Sha256 } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';

/**
 * What must be signed for a release to be loaded. `releases`: the release as a whole. `components`:
 * each of its component versions by itself, whoever put the release together.
 */
export const SIGNATURE_LEVELS = ['off', 'releases', 'components'] as const;
export type SignatureLevel = (typeof SIGNATURE_LEVELS)[number];

/** What verifying one stored signature showed. */
export type SignatureFinding =
  | { readonly standing: 'valid'; readonly keyId: string }
  | { readonly standing: 'key-unknown' | 'key-revoked' | 'not-valid'; readonly keyId: string | null; readonly detail: string };

export type SignedDecision =
  | { readonly allowed: true; readonly reason: 'not-required' | 'signed' }
  | {
      readonly allowed: false;
      readonly reason: 'unsigned' | 'key-unknown' | 'key-revoked' | 'not-valid';
      /** Null: the release itself. */
      readonly component: ComponentName | null;
      readonly detail: string;
    };

/** The subjects whose signatures a level asks for: digest to the component that has it, null for the release itself. */
export function subjectsToSign(level: SignatureLevel, releaseId: Sha256, manifest: ReleaseManifest): ReadonlyMap<Sha256, ComponentName | null> {
  if (level === 'off') return new Map();
  if (level === 'releases') return new Map([[releaseId, null]]);
  return new Map(Object.entries(manifest.components).map(([name, sha256]) => [sha256, name]));
}

/**
 * Decides whether a release may be loaded: for each subject asked for, one valid signature is enough.
 * @param findings what is known of the signatures of each subject, by digest
 */
export function decideSigned(
  level: SignatureLevel,
  wanted: ReadonlyMap<Sha256, ComponentName | null>,
  findings: ReadonlyMap<Sha256, readonly SignatureFinding[]>,
): SignedDecision {
  if (level === 'off') return { allowed: true, reason: 'not-required' };
  for (const [digest, component] of wanted) {
    const found = findings.get(digest) ?? [];
    if (found.some(({ standing }) => standing === 'valid')) continue;
    const worst = found.find(({ standing }) => standing !== 'valid');
    if (worst === undefined || worst.standing === 'valid') return { allowed: false, reason: 'unsigned', component, detail: `nothing signs ${digest}` };
    return { allowed: false, reason: worst.standing, component, detail: worst.detail };
  }
  return { allowed: true, reason: 'signed' };
}

const REMEDIES: Readonly<Record<Exclude<SignedDecision, { allowed: true }>['reason'], string>> = {
  unsigned: 'sign it with `signalbox sign` and a trusted key',
  'key-unknown': 'sign it with a trusted key, or trust that key with `signalbox trust add`',
  'key-revoked': 'sign it with a key that is still trusted',
  'not-valid': 'sign it again; find out who altered the signature',
};

/** The decision in words, with its remedy; null where it is allowed. */
export function refusalText(level: SignatureLevel, decision: SignedDecision): string | null {
  if (decision.allowed) return null;
  const what = decision.component === null ? 'the release' : `component ${decision.component}`;
  return `${what} has no valid signature, and the policy asks for signed ${level} (${decision.reason}: ${decision.detail}); ${REMEDIES[decision.reason]}`;
}
