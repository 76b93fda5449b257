import { expect, it } from 'vitest';
import { type Principal } from '#libs/platform/auth/scopes';
import { requestLimit } from './request-limit.ts';

const principal = (accountId: string, keyId: string): Principal => ({ accountId, kind: 'service', name: 'x', keyId, issuedBy: null, roles: [], permissions: ['inference'], tenant: null });
const tellAway = (): void => undefined;

it('counts an account over its keys, and a key with a limit of its own by itself', async () => {
  const limit = requestLimit({ perAccount: 2, run: null, tellAway });
  const ask = async (account: string, key: string, requestsPerMinute: number | null = null) => (await limit({ ok: true, principal: principal(account, key), requestsPerMinute }))?.isAllowed;
  expect([await ask('a', '1'), await ask('a', '2'), await ask('a', '1'), await ask('b', '3')]).toEqual([true, true, false, true]);
  expect([await ask('a', '4', 1), await ask('a', '4', 1), await ask('a', '5', 1)]).toEqual([true, false, true]);
});

it('limits nothing unless told', async () => {
  expect(await requestLimit({ perAccount: null, run: null, tellAway })({ ok: true, principal: principal('a', '1') })).toBeNull();
});
