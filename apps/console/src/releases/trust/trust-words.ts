import { type Signature, type SignaturePolicy } from '../../api/gen/types.gen.ts';
import { shortId } from '../../ui/format.ts';

export type Level = SignaturePolicy['inForce'];

/** A release that serves, what its model asks to be signed, and who signed it. */
export interface ServingRelease {
  readonly model: string;
  readonly releaseId: string;
  readonly level: Level;
  readonly signatures: readonly Pick<Signature, 'keyId' | 'standing'>[];
}

/** What revoking a key does, a sentence each. `serving`: the stable release of each model. */
export function revocationInWords({ keyId, name }: { readonly keyId: string; readonly name: string }, serving: readonly ServingRelease[]): string[] {
  const bound = serving.filter(({ level }) => level !== 'off');
  const refused = serving.filter(({ level, signatures }) => level === 'releases' && !signatures.some((one) => one.standing === 'valid' && one.keyId !== keyId));
  const byComponent = serving.filter(({ level }) => level === 'components');
  return [
    `Signatures made with the key of ${name} (${shortId(keyId)}) count no longer, whenever they were made.`,
    ...(bound.length === 0 ? ['No model that answers asks for signatures now, so nothing is refused by this until a policy does.'] : []),
    ...refused.map(({ model, releaseId }) => `${model}: no other trusted key signed its stable release ${shortId(releaseId)}. A process that starts, or loads it again, refuses it.`),
    ...byComponent.map(({ model }) => `${model}: a process that starts, or loads a release again, refuses it where only this key signed one of its components.`),
    'What is loaded goes on serving. To stop a release, roll back or recall a component version.',
    'It cannot be taken back: a revoked key cannot be added again. Make a new one instead.',
  ];
}

const MUST: Readonly<Record<Level, string>> = {
  off: 'Nothing has to be signed',
  releases: 'Each release has to be signed as a whole by a trusted key',
  components: 'Each component version has to be signed by itself by a trusted key; a signature over the release does not stand in for it',
};

/** What another policy does, a sentence each. @param level null: the model follows the installation @param model null: it is the policy of the installation */
export function policyInWords(level: Level | null, model: string | null, { installation, trustedKeys }: { readonly installation: Level; readonly trustedKeys: number }): string[] {
  const holds = level ?? installation;
  return [
    level === null ? `${model} follows the installation, now and when that changes. ${MUST[holds]}.` : `${MUST[holds]}, for releases ${model === null ? 'of every model without a policy of its own' : `of ${model}`} that are loaded from now on.`,
    ...(holds === 'off' ? [] : trustedKeys === 0 ? ['No key is trusted now: until one is added and has signed, no release can be loaded.'] : ['What is not signed so is refused, and the release before it goes on serving.']),
    'What is loaded goes on serving.',
  ];
}
