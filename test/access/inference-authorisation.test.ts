import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openApiDocument } from '#libs/contract/api/openapi';
import { INFERENCE_API } from '#libs/contract/openai/routes';
import { SESSION_COOKIE } from '#libs/platform/auth/browser-session';
import { Accounts } from '#libs/store/accounts/accounts';
import { Sessions } from '#libs/store/accounts/sessions';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { type Authenticator, callerAuthenticator } from '../../apps/inference/api/caller-authenticator.ts';
import { keyAuthenticator } from '../../apps/inference/api/key-authenticator.ts';
import { FakeServer } from '../../apps/inference/testing/fake-server.ts';
import { AccessHouse } from './access-house.ts';
import { makeCallers } from './callers.ts';
import { exampleRequest, missingIn, operationsOf, type PlacedOperation } from './operations.ts';

/** Every operation of /v1 against every kind of caller, by keys and sessions of a real store. */
const house = new AccessHouse();
const server = new FakeServer();
let operations: PlacedOperation[];

let clockMs: number | null = null;

function authenticator(nowMs: () => number): Authenticator {
  const keys = new ApiKeys(house.dataSource);
  return callerAuthenticator(keyAuthenticator(keys, nowMs), new Sessions(house.dataSource, new Accounts(house.dataSource), keys), null, nowMs);
}

beforeAll(async () => {
  await house.start();
  server.authenticate = authenticator(() => clockMs ?? Date.now());
  await server.start();
  operations = operationsOf(openApiDocument([INFERENCE_API], '0'), '/v1');
});
afterAll(async () => {
  await server.stop();
  await house.stop();
});

interface Answer {
  readonly status: number;
  readonly error: { readonly code: string; readonly param: string | null } | undefined;
}

async function call(placed: PlacedOperation, key: string | null, change: (body: object) => object = (body) => body): Promise<Answer> {
  const { path, options } = exampleRequest(placed);
  const answer = await fetch(`${server.url}${path}`, {
    method: options.method ?? 'GET',
    headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), 'content-type': 'application/json' },
    ...(options.body === undefined ? {} : { body: JSON.stringify(change(options.body as object)) }),
  });
  const { error } = (await answer.json()) as { error?: Answer['error'] };
  return { status: answer.status, error };
}

describe('every operation of /v1', () => {
  it('describes itself', () => {
    expect(operations).toHaveLength(4);
    expect(operations.flatMap(missingIn)).toEqual([]);
  });

  it('lets in exactly those whom its document names', async () => {
    const wrong: string[] = [];
    for (const placed of operations) {
      expect(placed.operation['x-signalbox-needs']).toBe('inference');
      for (const { name, key, may } of await makeCallers(house)) {
        const { status, error } = await call(placed, key);
        const expected = may === null ? 401 : may.includes('inference') ? 'in' : 403;
        // No such model is served here, so whoever is let in is told so.
        const got = status === 401 || (status === 403 && error?.code === 'insufficient_scope') ? status : status === 200 || error?.code === 'model_not_found' ? 'in' : `${status} ${error?.code}`;
        if (got !== expected) wrong.push(`${placed.operation.operationId} by ${name}: expected ${expected}, got ${got}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('a caller bound to a tenant', () => {
  it('asks for its own tenant, named or not, and for no other', async () => {
    const { key } = await house.account(['client'], { kind: 'service', tenant: 'acme' });
    for (const placed of operations.filter(({ method }) => method === 'post')) {
      const asked = (tenant: string) => call(placed, key, (body) => ({ ...body, model: 'fake', metadata: { tenant } }));
      expect(await asked('umbrella')).toMatchObject({ status: 403, error: { code: 'tenant_mismatch', param: 'metadata.tenant' } });
      expect((await asked('acme')).error?.code).not.toBe('tenant_mismatch');
      server.captured.length = 0;
      expect(await call(placed, key, (body) => ({ ...body, model: 'fake', max_tokens: 2, metadata: {} }))).toMatchObject({ status: 200 });
      await vi.waitFor(() => expect(server.captured.map(({ record }) => record.segment.tenant)).toEqual(['acme']));
    }
  });
});

it('a disabled account is refused within the seconds that keys are remembered', async () => {
  let nowMs = Date.now();
  const authenticate = keyAuthenticator(new ApiKeys(house.dataSource), () => nowMs);
  const { id, key } = await house.account(['client']);
  const ask = () => authenticate(`Bearer ${key}`, nowMs);
  expect(await ask()).toMatchObject({ ok: true });
  await house.dataSource.query('UPDATE signalbox.account SET disabled_at = now() WHERE id = $1', [id]);
  nowMs += 5000;
  expect(await ask()).toMatchObject({ ok: false, reason: 'disabled' });
});

describe('the session of a browser', () => {
  async function signIn(key: string): Promise<{ readonly id: string; readonly cookie: string; readonly csrfToken: string }> {
    const { headers, body } = await house.call('/api/v1/session', { method: 'POST', key });
    return { id: body.id, csrfToken: body.csrfToken, cookie: (headers.get('set-cookie') ?? '').split(';')[0] ?? '' };
  }
  async function ask(headers: Record<string, string>, method = 'POST'): Promise<Answer> {
    const body = { model: 'fake', prompt: 'hi', max_tokens: 2, metadata: {} };
    const answer = await fetch(`${server.url}/v1/${method === 'POST' ? 'completions' : 'models'}`, { method, headers: { 'content-type': 'application/json', ...headers }, ...(method === 'POST' && { body: JSON.stringify(body) }) });
    const { error } = (await answer.json()) as { error?: Answer['error'] };
    return { status: answer.status, error };
  }

  it('asks as its account may, with the token of the page alone', async () => {
    const { key } = await house.account(['admin']);
    const { cookie, csrfToken } = await signIn(key);
    expect(await ask({ cookie, 'x-csrf-token': csrfToken })).toMatchObject({ status: 200 });
    expect(await ask({ cookie, 'x-csrf-token': csrfToken, origin: server.url })).toMatchObject({ status: 200 });
    expect(await ask({ cookie })).toMatchObject({ status: 403, error: { code: 'csrf_token_wrong', param: 'x-csrf-token' } });
    expect(await ask({ cookie, 'x-csrf-token': csrfToken, origin: 'https://evil.example' })).toMatchObject({ status: 403, error: { code: 'foreign_origin' } });
    // Reading changes nothing.
    expect(await ask({ cookie }, 'GET')).toMatchObject({ status: 200 });
    expect(await ask({ cookie: `${SESSION_COOKIE}=${'x'.repeat(43)}`, 'x-csrf-token': csrfToken })).toMatchObject({ status: 401, error: { code: 'invalid_session' } });
  });

  it('does not let in whom its permissions do not, and speaks for its tenant', async () => {
    const viewer = await signIn((await house.account(['viewer'])).key);
    expect(await ask({ cookie: viewer.cookie, 'x-csrf-token': viewer.csrfToken })).toMatchObject({ status: 403, error: { code: 'insufficient_scope' } });
    const bound = await signIn((await house.account(['client'], { tenant: 'acme' })).key);
    server.captured.length = 0;
    expect(await ask({ cookie: bound.cookie, 'x-csrf-token': bound.csrfToken })).toMatchObject({ status: 200 });
    await vi.waitFor(() => expect(server.captured.map(({ record }) => record.segment.tenant)).toEqual(['acme']));
  });

  it('counts for nothing where a key comes with it', async () => {
    const { cookie, csrfToken } = await signIn((await house.account(['admin'])).key);
    const reader = await house.account(['viewer']);
    expect(await ask({ cookie, 'x-csrf-token': csrfToken, authorization: `Bearer ${reader.key}` })).toMatchObject({ status: 403, error: { code: 'insufficient_scope' } });
    // No token is asked of a key: no browser sends one by itself.
    expect(await ask({ cookie, authorization: `Bearer ${(await house.account(['client'])).key}` })).toMatchObject({ status: 200 });
  });

  it('ends within the seconds that it is remembered', async () => {
    const startMs = Date.now();
    const { cookie, csrfToken } = await signIn((await house.account(['admin'])).key);
    const head = { cookie, 'x-csrf-token': csrfToken };
    try {
      clockMs = startMs + 1000;
      expect(await ask(head)).toMatchObject({ status: 200 });
      expect((await house.call('/api/v1/session', { method: 'DELETE', key: null, headers: head })).status).toBe(200);
      clockMs = startMs + 6000;
      expect(await ask(head)).toMatchObject({ status: 401, error: { code: 'invalid_session' } });
    } finally {
      clockMs = null;
    }
  });
});
