import { expect, it } from 'vitest';
import { NO_HANDS, involve, sharedHand, sharesIssuer } from '../change/persons.ts';
import { issuersOf, issuersOfNewKey } from './issuers.ts';

const root = { accountId: 'root', issuedBy: null };
/** Whose key was made for them by that account. */
const keyed = (accountId: string, maker: typeof root | { accountId: string; issuedBy: string }) => ({ accountId, issuedBy: issuersOfNewKey(accountId, maker) });

it('a key names all who stand behind it, and hands them on', () => {
  const deputy = keyed('deputy', root);
  const puppet = keyed('puppet', deputy);
  expect([issuersOf(null), issuersOf(deputy.issuedBy), issuersOf(puppet.issuedBy)]).toEqual([[], ['root'], ['deputy', 'root']]);
  // A key of one's own is made by the same people; that of an account that signed in, by itself.
  expect([issuersOfNewKey('puppet', puppet), issuersOfNewKey('root', root), issuersOfNewKey(null, deputy)]).toEqual([puppet.issuedBy, 'root', 'deputy,root']);
  expect(issuersOf(keyed('third', { accountId: 'deputy', issuedBy: 'deputy,root' }).issuedBy)).toEqual(['deputy', 'root']);
});

it('whoever stands behind a key is on its side of a change, and strangers behind the same keys are two', () => {
  const deputy = keyed('deputy', root);
  const [puppet, other] = [keyed('puppet', deputy), keyed('other', deputy)];
  for (const author of [root, deputy]) expect(sharedHand(involve(NO_HANDS, author), puppet)).toBe(author.accountId);
  for (const approver of [root, deputy]) expect(sharedHand(involve(NO_HANDS, puppet), approver)).toBe(approver.accountId);
  expect(sharedHand(involve(NO_HANDS, puppet), other)).toBeNull();
  expect(sharesIssuer(involve(NO_HANDS, puppet), other)).toBe(true);
});
