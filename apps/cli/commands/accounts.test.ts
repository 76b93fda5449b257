import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCli } from '../program.ts';
import { type Terminal } from '../terminal.ts';

const UUID = '0197280f-6000-7000-8000-000000000001';
const ACCOUNT = { id: `service:${UUID}`, kind: 'service', name: 'chat app', email: null, roles: ['client'], tenant: null, disabledAt: null, createdAt: '2026-06-01T00:00:00.000Z', createdBy: 'system', version: 3 };
const KEY = {
  id: UUID, name: 'k', prefix: 'aaaaaaaa', scopes: ['inference'], account: ACCOUNT.id, issuedBy: 'user:x', tenant: null, requestsPerMinute: null,
  createdAt: '2026-06-01T00:00:00.000Z', expiresAt: '2036-01-31T12:00:00.000Z', lastUsedAt: null, revokedAt: null,
};
const plain = (text: string): string => text;

let server: Server;
let url: string;
let seen: { readonly call: string; readonly ifMatch: string | undefined; readonly body: unknown }[];
let answers: Record<string, unknown>;
let out: string[];
let notes: string[];

beforeEach(async () => {
  [seen, out, notes] = [[], [], []];
  answers = { 'GET /api/v1/accounts': { items: [ACCOUNT], nextCursor: null } };
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const call = `${request.method} ${new URL(request.url ?? '/', 'http://x').pathname}`;
      seen.push({ call, ifMatch: request.headers['if-match'], body: text === '' ? undefined : JSON.parse(text) });
      const body = answers[call];
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? { type: 'x', status: 404, code: 'not_found', title: 'x', detail: call }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
});
afterEach(() => server.close());

function run(...args: string[]): Promise<number> {
  const terminal: Terminal = {
    env: { SIGNALBOX_URL: url, SIGNALBOX_API_KEY: 'k'.repeat(32) }, columns: 80, rows: 24, isTty: false, colors: { dim: plain, red: plain, yellow: plain, bold: plain },
    signal: new AbortController().signal, workingDir: '/', print: (text) => out.push(text), note: (text) => notes.push(text),
  };
  return runCli(args, terminal);
}

it('creates accounts and keys for them, by name', async () => {
  answers['POST /api/v1/accounts'] = ACCOUNT;
  answers['POST /api/v1/keys'] = { ...KEY, secret: 'sbx_secret' };
  expect(await run('accounts', 'create', 'chat app', '--roles', 'client', '--tenant', 'acme')).toBe(0);
  expect(seen.at(-1)?.body).toEqual({ kind: 'service', name: 'chat app', roles: ['client'], tenant: 'acme' });
  expect(out).toEqual([ACCOUNT.id]);
  expect(await run('keys', 'create', 'k', '--account', 'chat app', '--scopes', 'inference', '--expires', '2036-01-31T12:00:00Z', '--requests-per-minute', '60')).toBe(0);
  expect(seen.at(-1)?.body).toEqual({ name: 'k', scopes: ['inference'], expiresAt: '2036-01-31T12:00:00.000Z', account: ACCOUNT.id, requestsPerMinute: 60 });
  expect(out.at(-1)).toBe('sbx_secret');
  expect(notes.at(-1)).toContain(`of ${ACCOUNT.id}, until 2036-01-31 12:00 UTC`);
  expect(await run('keys', 'create', 'k', '--account', 'nobody', '--scopes', 'read')).toBe(5);
  expect(await run('keys', 'create', 'k', '--scopes', 'read', '--expires', 'soon')).toBe(2);
});

it('changes an account as it was read', async () => {
  answers[`PATCH /api/v1/accounts/${encodeURIComponent(ACCOUNT.id)}`] = { ...ACCOUNT, roles: [], disabledAt: '2026-06-02T00:00:00.000Z' };
  expect(await run('accounts', 'set', 'chat app', '--roles', 'none', '--disable', '--all-tenants')).toBe(0);
  expect(seen.at(-1)).toMatchObject({ ifMatch: '"3"', body: { roles: [], tenant: null, disabled: true } });
  expect(out.at(-1)).toBe(`chat app (${ACCOUNT.id}): no roles; all tenants; disabled.`);
  expect(await run('accounts', 'set', 'chat app')).toBe(2);
  expect(await run('accounts', 'set', 'chat app', '--roles', 'captain')).toBe(2);
});

it('lists accounts and keys, and tells who one is', async () => {
  answers['GET /api/v1/keys'] = { items: [KEY], nextCursor: null };
  answers['GET /api/v1/me'] = { account: ACCOUNT.id, kind: 'service', name: 'chat app', roles: ['client'], permissions: ['inference'], tenant: 'acme', key: UUID, session: null };
  expect(await run('accounts', 'list')).toBe(0);
  expect(out.at(-1)).toContain(`${ACCOUNT.id}  chat app  client  all     enabled`);
  expect(await run('keys', 'list')).toBe(0);
  expect(out.at(-1)).toMatch(/k {5}inference {2}service:\S+ {2}all {5}never {2}until 2036-01-31/);
  expect(await run('whoami')).toBe(0);
  expect(out.at(-1)).toBe(`chat app (${ACCOUNT.id})\nroles: client\nmay: inference\ntenant: acme`);
});
