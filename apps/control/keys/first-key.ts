import { randomUUID } from 'node:crypto';
import { digestApiKey, generateApiKey, prefixOf } from '#libs/platform/auth/api-key';
import { type Scope } from '#libs/platform/auth/scopes';
import { type ApiKeys } from '#libs/store/keys/api-keys';

/** Everything: `admin` alone leaves out reading traces. */
const SCOPES: readonly Scope[] = ['admin', 'traces'];

export type FirstKeyDecision =
  | { readonly reason: 'keys-exist' | 'given-key-known'; readonly create: false }
  | { readonly reason: 'given-key-new' | 'no-key-yet'; readonly create: true };

/** A given key is added whenever it is not known, so that who lost the first key gets in again. */
export function decideFirstKey(facts: { readonly isGiven: boolean; readonly isGivenKnown: boolean; readonly existing: number }): FirstKeyDecision {
  if (facts.isGiven) return facts.isGivenKnown ? { reason: 'given-key-known', create: false } : { reason: 'given-key-new', create: true };
  return facts.existing > 0 ? { reason: 'keys-exist', create: false } : { reason: 'no-key-yet', create: true };
}

export interface FirstKey {
  readonly reason: FirstKeyDecision['reason'];
  /** To be shown once; null unless generated just now. */
  readonly generated: string | null;
}

/** Makes sure that somebody has a key with every scope. */
export async function ensureFirstKey(keys: Pick<ApiKeys, 'count' | 'findByPrefix' | 'insert'>, given: string | null, nowMs: number): Promise<FirstKey> {
  const givenPrefix = given === null ? null : prefixOf(given);
  const isGivenKnown = givenPrefix !== null && (await keys.findByPrefix(givenPrefix)) !== null;
  const decision = decideFirstKey({ isGiven: given !== null, isGivenKnown, existing: await keys.count() });
  if (!decision.create) return { reason: decision.reason, generated: null };
  const key = given ?? generateApiKey();
  const id = randomUUID();
  const name = given === null ? 'first key' : 'SIGNALBOX_ADMIN_KEY';
  await keys.insert(
    { id, ...digestApiKey(key), name, scopes: SCOPES, createdAtMs: nowMs, expiresAtMs: null },
    { atMs: nowMs, actor: 'system', action: 'key.create', subject: `key/${id}`, detail: { name, scopes: SCOPES, reason: decision.reason }, requestId: null },
  );
  return { reason: decision.reason, generated: given === null ? key : null };
}
