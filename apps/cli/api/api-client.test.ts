import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ApiClient } from './api-client.ts';
import { EXIT } from './exit-code.ts';

const ID = '0197280f-6000-7000-8000-000000000001';
const GIVEN = { body: { requestId: ID, score: 1 } };
const FEEDBACK = { id: ID, requestId: ID, tenant: '', score: 1, label: null, comment: null, kind: 'user', source: '', givenBy: 'user:ann', at: '2026-06-01T00:00:00.000Z' };
const KEY = /^[0-9a-f-]{36}$/;

type Act = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

let server: Server;
let act: Act;
let seen: { method: string | undefined; key: string | undefined }[];
let client: ApiClient;
let baseUrl: string;

const cut: Act = (request) => request.socket.destroy();
const running: Act = (_, response) => response.writeHead(409, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ type: 'about:blank', title: 'The first request still runs', status: 409, code: 'request_running', detail: 'ask again' }));
const done: Act = (_, response) => response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(FEEDBACK));
const inTurn = (...acts: readonly Act[]): Act => (request, response, nth) => (acts[nth] ?? acts.at(-1)!)(request, response, nth);

beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      seen.push({ method: request.method, key: request.headers['idempotency-key'] as string | undefined });
      act(request, response, seen.length - 1);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  baseUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  client = new ApiClient({ baseUrl, apiKey: 'k', signal: new AbortController().signal });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const post = (): Promise<unknown> => client.call('createFeedback', GIVEN);

it('sends a POST again with the same key when the connection breaks after the server acted', async () => {
  act = inTurn(cut, done);
  expect(await post()).toEqual(FEEDBACK);
  expect(seen).toHaveLength(2);
  expect(seen[0]!.key).toMatch(KEY);
  expect(seen[1]!.key).toBe(seen[0]!.key);
});

it('sends it again too when the connection breaks in the middle of the answer', async () => {
  act = inTurn((request, response) => void response.writeHead(200, { 'content-length': '50' }).write('{"a"', () => request.socket.destroy()), done);
  await post();
  expect(seen).toHaveLength(2);
});

it('waits for the first send where the server still works on it', async () => {
  act = inTurn(cut, running, done);
  await post();
  expect(new Set(seen.map(({ key }) => key)).size).toBe(1);
  expect(seen).toHaveLength(3);
});

it.each([['breaks each time', cut], ['still runs', inTurn(cut, running)]])('gives up after four sends of what %s, and says that the outcome is not known', async (_, each) => {
  act = each;
  await expect(post()).rejects.toMatchObject({ exitCode: EXIT.unreachable, message: expect.stringContaining('may have acted or not') });
  expect(seen).toHaveLength(4);
});

it('goes on asking a server that is away after the break', async () => {
  act = (request) => {
    request.socket.destroy();
    server.closeAllConnections();
    server.close();
  };
  await expect(post()).rejects.toMatchObject({ exitCode: EXIT.unreachable, message: expect.stringContaining('may have acted or not') });
});

it('takes another key for another request', async () => {
  act = done;
  await post();
  await post();
  expect(new Set(seen.map(({ key }) => key)).size).toBe(2);
});

it('sends nothing again that is no POST, was answered, or never reached a server', async () => {
  act = cut;
  await expect(client.call('listRollouts', {})).rejects.toMatchObject({ exitCode: EXIT.unreachable });
  await expect(client.request('/v1/completions', { method: 'POST', body: '{}' })).rejects.toMatchObject({ exitCode: EXIT.unreachable });
  act = (_, response) => void response.writeHead(503).end();
  await expect(post()).rejects.toMatchObject({ exitCode: EXIT.failed });
  act = running;
  await expect(post()).rejects.toMatchObject({ exitCode: EXIT.failed });
  expect(seen.map(({ method, key }) => [method, key !== undefined])).toEqual([['GET', false], ['POST', false], ['POST', true], ['POST', true]]);
  const away = new ApiClient({ baseUrl: 'http://127.0.0.1:1', apiKey: 'k', signal: new AbortController().signal });
  await expect(away.call('createFeedback', GIVEN)).rejects.toMatchObject({ exitCode: EXIT.unreachable, message: expect.stringContaining('No Signalbox answers') });
});
