import { afterAll, beforeAll, expect, it } from 'vitest';
import { SESSION_IDLE_MS } from '#libs/platform/auth/browser-session';
import { AccessHouse, type Answer } from './access-house.ts';

const house = new AccessHouse();
beforeAll(() => house.start());
afterAll(() => house.stop());

interface Browser {
  readonly cookie: string;
  readonly csrfToken: string;
  readonly id: string;
}

async function open(key: string): Promise<Browser> {
  const { status, headers, body } = await house.call('/api/v1/session', { method: 'POST', key });
  expect(status).toBe(201);
  const set = headers.get('set-cookie') ?? '';
  expect(set).toMatch(/^signalbox_session=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Lax$/);
  return { cookie: set.split(';')[0]!, csrfToken: body.csrfToken, id: body.id };
}

const as = ({ cookie }: Browser, path: string, method = 'GET', headers: Record<string, string> = {}, body?: unknown): Promise<Answer> =>
  house.call(`/api/v1${path}`, { key: null, method, headers: { cookie, ...headers }, ...(body === undefined ? {} : { body }) });

it('a key is exchanged for a session that may do what the key may, and stores no secret', async () => {
  const { key } = await house.account(['operator', 'trace-reader'], { scopes: ['read'] });
  const browser = await open(key);
  expect((await as(browser, '/me')).body).toMatchObject({ permissions: ['read'], key: null, session: { id: browser.id, csrfToken: browser.csrfToken } });
  expect((await as(browser, '/traces')).status).toBe(403);
  const secret = browser.cookie.split('=')[1]!;
  const [row] = (await house.dataSource.query('SELECT * FROM signalbox.session WHERE id = $1', [browser.id])) as Record<string, unknown>[];
  expect(JSON.stringify({ ...row, hash: (row!['secret_hash'] as Buffer).toString('base64url') })).not.toContain(secret);
  expect((await as({ ...browser, cookie: `signalbox_session=${secret}x` }, '/me')).body).toMatchObject({ status: 401, code: 'session_unknown' });
});

it('what changes something needs the token, and no other site may ask', async () => {
  const { key } = await house.account(['viewer']);
  const browser = await open(key);
  const body = { name: 'k', scopes: ['read'] };
  expect((await as(browser, '/me/keys', 'POST', {}, body)).body).toMatchObject({ status: 403, code: 'csrf_token_wrong', field: 'x-csrf-token' });
  const other = await open(key);
  expect((await as(browser, '/me/keys', 'POST', { 'x-csrf-token': other.csrfToken }, body)).body).toMatchObject({ code: 'csrf_token_wrong' });
  const token = { 'x-csrf-token': browser.csrfToken };
  for (const origin of ['https://evil.example', 'null']) expect((await as(browser, '/me/keys', 'POST', { ...token, origin }, body)).body).toMatchObject({ status: 403, code: 'foreign_origin' });
  expect((await as(browser, '/me/keys', 'POST', { ...token, origin: house.url }, body)).status).toBe(201);
  expect((await as(browser, '/session', 'POST', token)).body).toMatchObject({ status: 409, code: 'session_exists' });
  // Reading needs neither.
  expect((await as(browser, '/me/keys')).body.items).toHaveLength(2);
});

it('ends by signing out, by its list, with its key, by an administrator, and by time', async () => {
  const { id, key } = await house.account(['viewer']);
  const [one, two, three] = [await open(key), await open(key), await open(key)];
  const closed = await as(one, '/session', 'DELETE', { 'x-csrf-token': one.csrfToken });
  expect([closed.body, closed.headers.get('set-cookie')]).toEqual([{ ended: 1 }, expect.stringContaining('signalbox_session=; Path=/; Max-Age=0')]);
  expect((await as(one, '/me')).body).toMatchObject({ code: 'session_revoked' });

  const { items } = (await as(two, '/me/sessions')).body;
  expect(items.map(({ id: session, isThis, by }: { id: string; isThis: boolean; by: string }) => [session, isThis, by])).toEqual([[three.id, false, 'key'], [two.id, true, 'key'], [one.id, false, 'key']]);
  expect((await as(two, `/me/sessions/${three.id}`, 'DELETE', { 'x-csrf-token': two.csrfToken })).body.endedAt).not.toBeNull();
  expect((await as(three, '/me')).status).toBe(401);
  const stranger = await house.account(['viewer']);
  expect((await house.call(`/api/v1/me/sessions/${two.id}`, { method: 'DELETE', key: stranger.key })).status).toBe(404);

  await house.dataSource.query(`UPDATE signalbox.session SET last_seen_at = last_seen_at - make_interval(secs => $2) WHERE id = $1`, [two.id, SESSION_IDLE_MS / 1000]);
  expect((await as(two, '/me')).body).toMatchObject({ code: 'session_idle' });
  const [four, five] = [await open(key), await open(key)];
  await house.dataSource.query(`UPDATE signalbox.session SET expires_at = now() WHERE id = $1`, [four.id]);
  expect((await as(four, '/me')).body).toMatchObject({ code: 'session_expired' });
  expect((await house.call(`/api/v1/accounts/${id}/sessions`, { method: 'DELETE' })).body.ended).toBeGreaterThanOrEqual(1);
  expect((await as(five, '/me')).body).toMatchObject({ code: 'session_revoked' });

  const second = (await house.call('/api/v1/me/keys', { method: 'POST', key, body: { name: 's', scopes: ['read'] } })).body;
  const six = await open(second.secret);
  expect((await house.call(`/api/v1/keys/${second.id}`, { method: 'DELETE' })).status).toBe(200);
  expect((await as(six, '/me')).body).toMatchObject({ code: 'session_key_ended' });
});
