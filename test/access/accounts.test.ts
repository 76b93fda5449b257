import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIRST_ADMIN_ID } from '#libs/store/accounts/account';
import { LOCKS } from '#libs/store/locks';
import { until } from '../harness/until.ts';
import { AccessHouse, type Answer } from './access-house.ts';

const house = new AccessHouse();
beforeAll(() => house.start());
afterAll(() => house.stop());

const post = (path: string, body: unknown, key = house.admin): Promise<Answer> => house.call(`/api/v1${path}`, { method: 'POST', body, key });
const patch = (id: string, version: number, body: unknown, key = house.admin): Promise<Answer> =>
  house.call(`/api/v1/accounts/${id}`, { method: 'PATCH', body, key, headers: { 'if-match': `"${version}"` } });
const remove = (path: string, key = house.admin): Promise<Answer> => house.call(`/api/v1${path}`, { method: 'DELETE', key });
const me = (key: string): Promise<Answer> => house.call('/api/v1/me', { key });

describe('accounts', () => {
  it('begin with a first administrator, who may do everything', async () => {
    const { body } = await me(house.admin);
    expect(body).toMatchObject({ account: FIRST_ADMIN_ID, kind: 'user', name: 'admin', roles: ['admin', 'trace-reader'], tenant: null, session: null });
    expect(body.permissions).toEqual(['inference', 'read', 'statistics', 'traces', 'feedback', 'registry', 'operate', 'propose', 'approve', 'audit', 'administer']);
  });

  it('are made, given keys, changed with If-Match and audited', async () => {
    const made = await post('/accounts', { kind: 'service', name: 'chat app', roles: ['client'], tenant: 'acme' });
    expect(made.status).toBe(201);
    expect(made.headers.get('etag')).toBe('"1"');
    const { id } = made.body;
    expect((await post('/accounts', { kind: 'service', name: 'chat app', roles: [] })).body).toMatchObject({ status: 409, code: 'account_exists', field: 'name' });
    const key = (await post(`/accounts/${id}/keys`, { name: 'k', scopes: ['admin'], requestsPerMinute: 9 })).body;
    expect(key).toMatchObject({ account: id, issuedBy: FIRST_ADMIN_ID, requestsPerMinute: 9, prefix: key.secret.slice(4, 12) });
    expect((await me(key.secret)).body).toMatchObject({ account: id, permissions: ['inference'], tenant: 'acme' });
    expect((await patch(id, 1, { roles: ['client', 'viewer'] })).body).toMatchObject({ version: 2, roles: ['viewer', 'client'] });
    expect((await patch(id, 1, { roles: [] })).body).toMatchObject({ status: 412, detail: expect.stringContaining('version 2 now: roles viewer, client') });
    expect((await house.call(`/api/v1/accounts/${id}`, { method: 'PATCH', body: { roles: [] } })).status).toBe(428);
    expect((await patch(id, 2, {})).status).toBe(400);
    expect((await me(key.secret)).body.permissions).toEqual(['inference', 'read', 'statistics']);
    const { items } = (await house.call('/api/v1/audit?limit=1')).body;
    expect(items[0]).toMatchObject({ actor: FIRST_ADMIN_ID, action: 'account.change', subject: `account/${id}`, before: { roles: ['client'] }, after: { roles: ['viewer', 'client'] } });
  });

  it('lets one of two who change the same account through', async () => {
    const { id } = await house.account(['viewer']);
    const answers = await Promise.all([patch(id, 1, { roles: ['operator'] }), patch(id, 1, { roles: ['auditor'] })]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412]);
  });

  it('are listed by name, page by page', async () => {
    const names: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await house.call(`/api/v1/accounts?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      names.push(...body.items.map(({ name }: { name: string }) => name));
      cursor = body.nextCursor;
    }
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('admin');
  });

  it('stop at once when disabled, with their keys and sessions', async () => {
    const { id, key } = await house.account(['viewer']);
    const opened = await house.call('/api/v1/session', { method: 'POST', key });
    const cookie = (opened.headers.get('set-cookie') ?? '').split(';')[0]!;
    expect((await house.call('/api/v1/me', { key: null, headers: { cookie } })).status).toBe(200);
    expect((await patch(id, 1, { disabled: true })).body.disabledAt).not.toBeNull();
    expect((await me(key)).body).toMatchObject({ status: 401, code: 'key_disabled' });
    expect((await house.call('/api/v1/me', { key: null, headers: { cookie } })).body).toMatchObject({ status: 401, code: 'session_revoked' });
    expect((await patch(id, 2, { disabled: false })).status).toBe(200);
    expect((await me(key)).status).toBe(200);
    expect((await house.call('/api/v1/me', { key: null, headers: { cookie } })).status).toBe(401);
  });
});

describe('the last administrator', () => {
  it('can be neither demoted, disabled, bound to a tenant nor left without a key, even by two at once', async () => {
    const own = (await house.call('/api/v1/me')).body.key;
    const first = (await house.call(`/api/v1/accounts/${FIRST_ADMIN_ID}`)).body;
    for (const change of [{ roles: ['viewer'] }, { disabled: true }, { tenant: 'acme' }]) {
      expect((await patch(FIRST_ADMIN_ID, first.version, change)).body, JSON.stringify(change)).toMatchObject({ status: 409, code: 'last_admin' });
    }
    // An account that administers without a way in does not count.
    const idle = (await post('/accounts', { kind: 'user', name: 'no way in', roles: ['admin'] })).body;
    expect((await patch(FIRST_ADMIN_ID, first.version, { disabled: true })).body).toMatchObject({ code: 'last_admin' });
    const narrow = (await post(`/accounts/${idle.id}/keys`, { name: 'narrow', scopes: ['read'] })).body;
    expect((await patch(FIRST_ADMIN_ID, first.version, { disabled: true })).body).toMatchObject({ code: 'last_admin' });
    const wide = (await post(`/accounts/${idle.id}/keys`, { name: 'wide', scopes: ['admin'] })).body;
    // Each may take the other's key, but not both. Neither is let in after the other is done: by then its key would be gone.
    const holder = house.dataSource.createQueryRunner();
    await holder.query('SELECT pg_advisory_lock($1)', [LOCKS.accounts]);
    const removals = Promise.all([remove(`/keys/${own}`, wide.secret), remove(`/keys/${wide.id}`, house.admin)]);
    const waiting = async (): Promise<number> => (await holder.query(`SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted`, [LOCKS.accounts])).length;
    await until(async () => (await waiting()) === 2, 120_000, () => 'the two do not come to the lock');
    await holder.query('SELECT pg_advisory_unlock($1)', [LOCKS.accounts]);
    await holder.release();
    const both = await removals;
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(both.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'last_admin' });
    // For the tests that follow.
    const left = both[0].status === 200 ? wide.secret : house.admin;
    house.admin = (await post(`/accounts/${FIRST_ADMIN_ID}/keys`, { name: 'again', scopes: ['admin', 'traces'] }, left)).body.secret;
    expect((await remove(`/keys/${narrow.id}`)).status).toBe(200);
  });
});

describe('keys', () => {
  it('end when they expire, and cannot begin expired', async () => {
    const { id } = await house.account(['viewer']);
    const { key } = await house.key({ accountId: id, expiresAtMs: Date.now() - 1 });
    expect((await me(key)).body).toMatchObject({ status: 401, code: 'key_expired' });
    expect((await post(`/accounts/${id}/keys`, { name: 'k', scopes: ['read'], expiresAt: '2020-01-01T00:00:00Z' })).body).toMatchObject({ status: 400, field: 'expiresAt' });
  });

  it('of before accounts act for themselves by their scopes', async () => {
    const { key, keyId } = await house.key({ scopes: ['read', 'unknown-to-this-version'] });
    expect((await me(key)).body).toMatchObject({ account: `key:${keyId}`, kind: 'service', roles: [], permissions: ['read'] });
  });

  it('note when they were used', async () => {
    const { id, key, keyId } = await house.account(['viewer']);
    expect((await me(key)).status).toBe(200);
    const { items } = (await house.call(`/api/v1/accounts/${id}/keys`)).body;
    expect(items).toMatchObject([{ id: keyId, lastUsedAt: expect.any(String) }]);
  });

  it('of one\'s own do no more than what made them, and remember who stands behind', async () => {
    const user = await house.account(['operator']);
    const made = (await post('/me/keys', { name: 'mine', scopes: ['read', 'operate'] }, user.key)).body;
    expect(made).toMatchObject({ account: user.id, issuedBy: user.id });
    expect((await me(made.secret)).body).toMatchObject({ account: user.id, permissions: ['read', 'operate'] });
    expect((await post('/me/keys', { name: 'more', scopes: ['feedback'] }, made.secret)).body).toMatchObject({ status: 403, code: 'scope_beyond_caller', field: 'scopes' });
    expect((await post('/me/keys', { name: 'all', scopes: ['admin'] }, made.secret)).body).toMatchObject({ status: 403, code: 'scope_beyond_caller' });
    const service = await house.account(['client'], { kind: 'service' });
    expect((await post('/me/keys', { name: 'x', scopes: ['inference'] }, service.key)).body).toMatchObject({ status: 409, code: 'not_a_user' });
    // A key that an administrator handed out names them, and so does each key made by it.
    const handed = (await post(`/accounts/${user.id}/keys`, { name: 'handed', scopes: ['admin'] })).body;
    const child = (await post('/me/keys', { name: 'child', scopes: ['read'] }, handed.secret)).body;
    expect([handed.issuedBy.split(',')[0], child.issuedBy]).toEqual([FIRST_ADMIN_ID, handed.issuedBy]);
  });

  it('are revoked by their owner only, and not while in use', async () => {
    const [one, other] = [await house.account(['viewer']), await house.account(['viewer'])];
    expect((await remove(`/me/keys/${other.keyId}`, one.key)).body).toMatchObject({ status: 404, code: 'key_not_found' });
    expect((await remove(`/me/keys/${one.keyId}`, one.key)).body).toMatchObject({ status: 409, code: 'key_in_use' });
    const second = (await post('/me/keys', { name: 'second', scopes: ['read'] }, one.key)).body;
    const narrow = await house.key({ accountId: one.id, scopes: ['feedback'] });
    expect((await remove(`/me/keys/${second.id}`, narrow.key)).body).toMatchObject({ status: 403, code: 'key_beyond_caller' });
    expect((await remove(`/me/keys/${second.id}`, one.key)).body.revokedAt).not.toBeNull();
    expect((await me(second.secret)).body).toMatchObject({ code: 'key_revoked' });
  });
});
