import { randomUUID } from 'node:crypto';
import { digestApiKey, generateApiKey, prefixOf } from '#libs/platform/auth/api-key';
import { type Scope } from '#libs/platform/auth/scopes';
import { FIRST_ADMIN_ID } from '#libs/store/accounts/account';
import { type Accounts } from '#libs/store/accounts/accounts';
import { type AuditEntry } from '#libs/store/audit/audit-log';
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

export interface FirstKeyPorts {
  readonly keys: Pick<ApiKeys, 'count' | 'findByPrefix' | 'insert' | 'assign'>;
  readonly accounts: Pick<Accounts, 'find' | 'ensureFirstAdmin'>;
}

/** Makes sure that the first administrator has an account, be it without a key. Returns whether there is any key. */
export async function ensureFirstAccount({ keys, accounts }: { readonly keys: Pick<ApiKeys, 'count'>; readonly accounts: FirstKeyPorts['accounts'] }, nowMs: number): Promise<boolean> {
  if ((await accounts.find(FIRST_ADMIN_ID)) === null) await accounts.ensureFirstAdmin(nowMs);
  return (await keys.count()) > 0;
}

/**
 * Makes sure that there is an administrator, and that somebody has a key of theirs with every scope.
 * A new given key also restores the first administrator: whoever sets it governs the machine.
 */
export async function ensureFirstKey({ keys, accounts }: FirstKeyPorts, given: string | null, nowMs: number): Promise<FirstKey> {
  const givenPrefix = given === null ? null : prefixOf(given);
  const known = givenPrefix === null ? null : await keys.findByPrefix(givenPrefix);
  const decision = decideFirstKey({ isGiven: given !== null, isGivenKnown: known !== null, existing: await keys.count() });
  if (decision.create || (await accounts.find(FIRST_ADMIN_ID)) === null) await accounts.ensureFirstAdmin(nowMs);
  const entry = (action: string, id: string, name: string): AuditEntry => ({
    atMs: nowMs, actor: 'system', action, subject: `key/${id}`, detail: { name, scopes: SCOPES, account: FIRST_ADMIN_ID, reason: decision.reason }, requestId: null,
  });
  if (!decision.create) {
    // Kept by a version that had no accounts.
    if (known?.accountId === null && known.revokedAtMs === null && known.scopes.includes('admin')) await keys.assign(known.id, FIRST_ADMIN_ID, entry('key.assign', known.id, known.name));
    return { reason: decision.reason, generated: null };
  }
  const key = given ?? generateApiKey();
  const id = randomUUID();
  const name = given === null ? 'first key' : 'SIGNALBOX_ADMIN_KEY';
  await keys.insert({ id, ...digestApiKey(key), name, scopes: SCOPES, createdAtMs: nowMs, expiresAtMs: null, accountId: FIRST_ADMIN_ID }, entry('key.create', id, name));
  return { reason: decision.reason, generated: given === null ? key : null };
}
