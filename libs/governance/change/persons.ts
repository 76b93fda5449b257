import { type Actor } from './change-request.ts';

/**
 * Accounts whose hand may be behind an act: the account itself, and the one that handed out its key,
 * for that one knew the secret.
 */
export function handsOf({ accountId, issuedBy }: Pick<Actor, 'accountId' | 'issuedBy'>): readonly string[] {
  return issuedBy === null || issuedBy === accountId ? [accountId] : [accountId, issuedBy];
}

/** Adds who acts to those who are involved, without repeats. */
export function involve(involved: readonly string[], actor: Pick<Actor, 'accountId' | 'issuedBy'>): readonly string[] {
  return [...new Set([...involved, ...handsOf(actor)])];
}

/** The account that stands on both sides, or null: nobody decides over what they had a hand in, whatever their role. */
export function sharedHand(involved: readonly string[], actor: Pick<Actor, 'accountId' | 'issuedBy'>): string | null {
  return handsOf(actor).find((account) => involved.includes(account)) ?? null;
}
