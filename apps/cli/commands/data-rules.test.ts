import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCli } from '../program.ts';

const BASE = '/api/v1/models/toy/data-rules';
const RULE = { id: 'eu-only', expert: 'expert/0/1', effect: 'allow-only', regions: ['eu'], note: 'licence 7' };
const CURRENT = { model: 'toy', generation: 3, digest: 'd'.repeat(64), rules: [RULE], writtenAt: '2026-06-01T12:00:00.000Z', writtenBy: 'user:1', warnings: [] };
const WARNING = { reason: 'no-expert-left', tenant: null, layer: 0, rules: ['eu-only'], message: 'Requests would all be refused.' };

let folder: string;
let server: Server;
let url: string;
let replies: Record<string, { status?: number; body: unknown }>;
let seen: { call: string; ifMatch: string | undefined; body: unknown }[];
let out: string;
let notes: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-cli-'));
  replies = {};
  seen = [];
  out = '';
  notes = '';
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const call = `${request.method} ${new URL(request.url ?? '/', url).pathname}`;
      seen.push({ call, ifMatch: request.headers['if-match'], body: text === '' ? undefined : JSON.parse(text) });
      const { status = 200, body } = replies[call] ?? { status: 404, body: { type: 'x', status: 404, code: 'not_found', title: 'x', detail: call } };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
});
afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

function run(...args: readonly string[]): Promise<number> {
  const plain = (text: string): string => text;
  return runCli(['data-rules', ...args], {
    env: { SIGNALBOX_URL: url, SIGNALBOX_API_KEY: 'k'.repeat(32) }, columns: 120, rows: 40, isTty: false, workingDir: folder,
    colors: { dim: plain, red: plain, yellow: plain, bold: plain }, signal: new AbortController().signal,
    print: (text) => void (out += `${text}\n`), note: (text) => void (notes += `${text}\n`),
  });
}

it('shows the rules, and what they mean for whom', async () => {
  replies[`GET ${BASE}`] = { body: { ...CURRENT, warnings: [WARNING] } };
  expect(await run('show', '--model', 'toy')).toBe(0);
  expect(out).toContain('generation 3');
  expect(out).toMatch(/eu-only +expert\/0\/1 +allow-only +region eu +licence 7/);
  expect(notes).toContain('would all be refused');
});

it('writes a file over the generation that the file came from, or else the present one', async () => {
  replies[`GET ${BASE}`] = { body: CURRENT };
  replies[`PUT ${BASE}`] = { body: { ...CURRENT, generation: 4 } };
  await writeFile(join(folder, 'edited.json'), JSON.stringify({ ...CURRENT, generation: 2 }));
  expect(await run('set', 'edited.json', '--model', 'toy', '--reason', 'contract')).toBe(0);
  expect(seen).toMatchObject([{ call: `PUT ${BASE}`, ifMatch: '"2"', body: { rules: [RULE], reason: 'contract' } }]);
  await writeFile(join(folder, 'list.json'), JSON.stringify([RULE]));
  expect(await run('set', 'list.json', '--model', 'toy')).toBe(0);
  expect(seen.at(-1)).toMatchObject({ ifMatch: '"3"', body: { rules: [RULE] } });
  expect(out).toContain('generation 4');
});

it('tells in the words of the server why a file is refused, and itself where there are no rules in it', async () => {
  await writeFile(join(folder, 'wrong.json'), '{"rule": []}');
  expect(await run('set', 'wrong.json', '--model', 'toy')).toBe(2);
  expect(await run('set', 'missing.json', '--model', 'toy')).toBe(2);
  expect(seen).toEqual([]);
  replies[`PUT ${BASE}`] = { status: 412, body: { type: 'x', status: 412, code: 'generation_changed', title: 'x', detail: 'Header field If-Match: the generation is now "5".' } };
  await writeFile(join(folder, 'edited.json'), JSON.stringify(CURRENT));
  expect(await run('set', 'edited.json', '--model', 'toy')).toBe(1);
  expect(notes).toContain('the generation is now "5"');
});

it('tells which experts a request would be kept from', async () => {
  const masked = [{ expert: 'expert/0/1', sha256: 'c'.repeat(64), rules: ['eu-only'] }];
  replies[`POST ${BASE}/check`] = {
    body: { model: 'toy', generation: 3, digest: CURRENT.digest, releases: [{ releaseId: 'a'.repeat(64), outcome: 'masked', masked, tooFew: [0], refused: null }], warnings: [] },
  };
  expect(await run('check', '--model', 'toy', '--tenant', 'acme', '--data-class', 'personal')).toBe(0);
  expect(seen.at(-1)?.body).toEqual({ labels: { tenant: 'acme', region: '', dataClass: 'personal', licence: '' } });
  expect(out).toMatch(/kept from 1 expert\.[\s\S]*expert\/0\/1 +cccccccccccc +eu-only[\s\S]*layer 0/);
});
