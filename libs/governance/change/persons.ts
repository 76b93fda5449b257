import { issuersOf } from '../access/issuers.ts';
import { type Actor } from './change-request.ts';

type Who = Pick<Actor, 'accountId' | 'issuedBy'>;

/** Accounts that acted, and those that handed out a key with which one of them did. */
export interface Hands {
  readonly involved: readonly string[];
  readonly issuers: readonly string[];
}

export const NO_HANDS: Hands = { involved: [], issuers: [] };

/** Adds who acts, without repeats. */
export function involve({ involved, issuers }: Hands, { accountId, issuedBy }: Who): Hands {
  return { involved: withOne(involved, accountId), issuers: issuersOf(issuedBy).filter((issuer) => issuer !== accountId).reduce(withOne, issuers) };
}

/**
 * The account that stands on both sides, or null. Who handed out a key knew its secret, so an account is on
 * both sides when it acted itself, when it handed out a key that acted, or when who acted handed out its key.
 * Two people whose keys come from the same third one are two people; see sharesIssuer.
 */
export function sharedHand({ involved, issuers }: Hands, { accountId, issuedBy }: Who): string | null {
  if (involved.includes(accountId) || issuers.includes(accountId)) return accountId;
  return issuersOf(issuedBy).find((issuer) => involved.includes(issuer)) ?? null;
}

/** Whether a third account handed out both the key of who acts and one that acted before: a policy may mind that. */
export function sharesIssuer({ issuers }: Hands, { accountId, issuedBy }: Who): boolean {
  return issuersOf(issuedBy).some((issuer) => issuer !== accountId && issuers.includes(issuer));
}

function withOne(accounts: readonly string[], account: string): readonly string[] {
  return accounts.includes(account) ? accounts : [...accounts, account];
}
