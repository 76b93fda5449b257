import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCli } from '../program.ts';
import { type Terminal } from '../terminal.ts';

const RUN = '0197280f-6000-7000-8000-000000000001';
const ONE = { model: 'toy', layer: 3, expert: 5, reason: 'carries refusals', evidence: null, protectedAt: '2026-06-01T00:00:00.000Z', protectedBy: 'user:a', protectedByName: 'ada', version: 1 };
const OVERRIDE = {
  id: RUN, model: 'toy', act: 'quarantine', takings: [{ layer: 3, expert: 5, reason: 'carries refusals', act: 'quarantine', by: 'its quarantine' }], reason: 'it gives NaN', evidence: null, changeId: null,
  at: '2026-06-01T00:00:00.000Z', by: 'user:a', byName: 'ada', reviewDueAt: '2026-06-03T00:00:00.000Z', isOverdue: true, review: null,
};
const plain = (text: string): string => text;

let server: Server;
let url: string;
let seen: { readonly call: string; readonly body: unknown }[];
let answers: Record<string, unknown>;
let out: string[];

beforeEach(async () => {
  seen = [];
  out = [];
  answers = {};
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const call = `${request.method} ${new URL(request.url ?? '/', 'http://x').pathname.replace('/api/v1/models/toy/', '')}`;
      seen.push({ call, body: text === '' ? undefined : JSON.parse(text) });
      const body = answers[call];
      response.writeHead(body === undefined ? 409 : call === 'POST quarantines' ? 201 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? { type: 'x', status: 409, code: 'protected_expert', title: 'x', detail: call }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
});
afterEach(() => server.close());

function run(...args: string[]): Promise<number> {
  const terminal: Terminal = {
    env: { SIGNALBOX_URL: url, SIGNALBOX_API_KEY: 'k'.repeat(32) }, columns: 120, rows: 24, isTty: false, colors: { dim: plain, red: plain, yellow: plain, bold: plain },
    signal: new AbortController().signal, workingDir: '/', print: (text) => out.push(text), note: (text) => out.push(text),
  };
  return runCli([...args, '--model', 'toy'], terminal);
}

it('protects experts, lists them and takes protection back', async () => {
  answers = { 'PUT protected-experts/3/5': ONE, 'GET protected-experts': { items: [ONE], nextCursor: null }, 'POST protected-experts/3/5/unprotect': ONE, 'POST protected-experts/adopt': { adopted: [ONE], already: [{ layer: 0, expert: 1 }] } };
  expect(await run('protect', 'add', '3', '5', '--reason', 'carries refusals'), out.join('\n')).toBe(0);
  expect(seen.at(-1)?.body).toEqual({ reason: 'carries refusals' });
  expect(await run('protect', 'list')).toBe(0);
  expect(out.at(-1)).toContain('expert/3/5  2026-06-01 00:00  ada  -    carries refusals');
  expect(await run('protect', 'adopt', RUN)).toBe(0);
  expect(out.at(-1)).toBe('1 protected now, 1 protected before.');
  expect(await run('protect', 'remove', '3', '5', '--reason', 'new version', '--evidence', RUN)).toBe(0);
  expect(seen.at(-1)?.body).toEqual({ reason: 'new version', evaluationId: RUN });
  expect(await run('protect', 'add', 'x', '5', '--reason', 'odd')).not.toBe(0);
});

it('says of emergencies which owe a review, and reviews them', async () => {
  answers = { 'GET protection-overrides': { items: [OVERRIDE], nextCursor: null }, [`POST protection-overrides/${RUN}/review`]: { ...OVERRIDE, isOverdue: false, review: { at: OVERRIDE.at, by: 'user:b', byName: 'bob', verdict: 'confirmed', note: 'It did.' } } };
  expect(await run('protect', 'overrides', '--owed')).toBe(0);
  expect(out.at(-1)).toContain('emergency, review overdue');
  expect(await run('protect', 'review', RUN, 'confirm', '--reason', 'It did give NaN.')).toBe(0);
  expect(seen.at(-1)?.body).toEqual({ verdict: 'confirmed', note: 'It did give NaN.' });
  expect(await run('protect', 'review', RUN, 'perhaps')).not.toBe(0);
});

it('gives evidence, or says that it is an emergency, where an act takes a protected expert away', async () => {
  expect(await run('experts', 'quarantine', '3', '5', '--reason', 'gives NaN', '--emergency')).not.toBe(0);
  expect(seen.at(-1)?.body).toEqual({ layer: 3, expert: 5, reason: 'gives NaN', force: false, override: { reason: 'gives NaN', emergency: true } });
  expect(out.join('\n')).toContain('POST quarantines');
  expect(await run('experts', 'quarantine', '3', '5', '--reason', 'suite passes', '--evidence', RUN)).not.toBe(0);
  expect(seen.at(-1)?.body).toMatchObject({ override: { reason: 'suite passes', evaluationId: RUN, emergency: false } });
});
