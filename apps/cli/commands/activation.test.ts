import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../program.ts';
import { type Terminal } from '../terminal.ts';

const STABLE = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);
const DESIRED = { model: 'toy', releaseId: STABLE, previousRelease: null, canary: null, shadow: null, generation: 4, activatedAt: '2026-06-01T00:00:00.000Z' };
const CANARY = { releaseId: OTHER, share: 0.05, stickyBy: 'key', scope: { segment: { task: 'code' }, routeSlice: { experts: ['expert/3/5'], minShare: 0.2 } }, salt: 's' };
const plain = (text: string): string => text;

let server: Server;
let url: string;
let seen: { readonly call: string; readonly ifMatch: string | undefined; readonly body: unknown }[];
let answers: Record<string, { readonly status?: number; readonly body: unknown }>;
let out: string[];
let notes: string[];

beforeEach(async () => {
  seen = [];
  out = [];
  notes = [];
  answers = { 'GET /api/v1/models': { body: { items: [DESIRED], nextCursor: null } } };
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const call = `${request.method} ${new URL(request.url ?? '/', 'http://x').pathname}`;
      seen.push({ call, ifMatch: request.headers['if-match'], body: text === '' ? undefined : JSON.parse(text) });
      const { status = 200, body } = answers[call] ?? { status: 404, body: { type: 'x', status: 404, code: 'not_found', title: 'x', detail: call } };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
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

describe('commands that lead forward', () => {
  it('take the first digits of a release id, where no other begins so', async () => {
    const listed = { model: 'toy', architecture: 'mixtral', layers: 1, experts: 2, topK: 1, components: 5, createdAt: '2026-06-01T00:00:00.000Z', parent: null, kind: null, summary: '', createdBy: null, note: '', routerSet: STABLE, expertSet: STABLE };
    answers['GET /api/v1/releases'] = { body: { items: [`${'a'.repeat(12)}${'0'.repeat(52)}`, STABLE, OTHER].map((releaseId) => ({ ...listed, releaseId })), nextCursor: null } };
    answers['GET /api/v1/models/toy/activation'] = { body: { ...DESIRED, converged: true, observed: [] } };
    answers['PUT /api/v1/models/toy/activation'] = { body: DESIRED };
    expect(await run('activate', OTHER.slice(0, 8))).toBe(0);
    expect(seen.at(-1)?.body).toEqual({ release: OTHER });
    expect(await run('activate', STABLE.slice(0, 12))).toBe(5);
    expect(notes.join()).toContain('2 releases begin with aaaaaaaaaaaa: give more digits');
    expect(await run('activate', 'c'.repeat(8))).toBe(5);
    expect(notes.join()).toContain('No release begins with cccccccc: signalbox releases lists them.');
    expect(seen.filter(({ call }) => call.startsWith('PUT'))).toHaveLength(1);
  });

  it('send the generation that was read just before, or the one given', async () => {
    answers['GET /api/v1/models/toy/activation'] = { body: { ...DESIRED, converged: true, observed: [] } };
    answers['POST /api/v1/models/toy/canary'] = { body: { ...DESIRED, generation: 5, canary: CANARY } };
    expect(await run('canary', 'start', OTHER, '--share', '0.05', '--task', 'code', '--experts', 'expert/3/5', '--min-share', '0.2')).toBe(0);
    expect(seen.at(-1)).toEqual({ call: 'POST /api/v1/models/toy/canary', ifMatch: '"4"', body: { release: OTHER, share: 0.05, stickyBy: 'key', segment: { task: 'code' }, routeSlice: { experts: ['expert/3/5'], minShare: 0.2 } } });
    expect(out.join()).toContain(`canary ${OTHER} at 5%`);
    answers['POST /api/v1/models/toy/promote'] = { status: 412, body: { type: 'x', status: 412, code: 'generation_changed', title: 'Someone else changed it', detail: 'bob did abort-canary' } };
    expect(await run('promote', '--generation', '3', '--model', 'toy')).not.toBe(0);
    expect(seen.at(-1)).toMatchObject({ call: 'POST /api/v1/models/toy/promote', ifMatch: '"3"' });
    expect(notes.join()).toContain('bob did abort-canary');
  });

  it('refuse a share that is no number before anything is sent', async () => {
    expect(await run('canary', 'share', 'half', '--model', 'toy')).not.toBe(0);
    expect(notes.join()).toContain('share is "half": give a number from 0 to 1');
    expect(await run('shadow', 'start', OTHER)).not.toBe(0);
  });
});

it('goes back without reading first', async () => {
  answers['POST /api/v1/models/toy/rollback'] = { body: DESIRED };
  expect(await run('rollback', '--part', 'routers', '--reason', 'worse', '--model', 'toy')).toBe(0);
  expect(seen).toEqual([{ call: 'POST /api/v1/models/toy/rollback', ifMatch: undefined, body: { part: 'routers', reason: 'worse' } }]);
});

it('shows what shall answer and what each process makes of it', async () => {
  const process = { processId: crypto.randomUUID(), host: 'h\u001b[31m', pid: 7, version: '1', startedAt: '2026-06-01T00:00:00.000Z', lastSeenAt: '2026-06-01T00:00:00.000Z', status: 'unreachable', observedGeneration: 3, state: 'failed', detail: 'canary does not load', stable: STABLE, canary: null, shadow: null, resident: [STABLE] };
  answers['GET /api/v1/models/toy/activation'] = { body: { ...DESIRED, canary: CANARY, converged: false, observed: [process] } };
  expect(await run('status')).toBe(0);
  const text = out.join('\n');
  expect(text).toContain('not every process has come along');
  expect(text).toContain('5% by key, task=code, 20% of a prompt to expert/3/5');
  expect(text).toMatch(/h\\u001b\[31m\/7 +unreachable +3 +failed +a{12} +- +- +canary does not load/);
});

it('tells what a recall moved', async () => {
  const sha256 = 'c'.repeat(64);
  answers[`POST /api/v1/components/${sha256}/recall`] = {
    body: { sha256, recalled: { at: '2026-06-01T00:00:00.000Z', by: 'user:ann', reason: 'leaks' }, models: [{ model: 'toy', outcome: 'stable-replaced', releaseId: OTHER, generation: 5 }, { model: 'old', outcome: 'stopped', releaseId: null, generation: 0 }] },
  };
  expect(await run('recall', sha256, '--reason', 'leaks', '--force')).toBe(0);
  expect(seen.at(-1)?.body).toEqual({ reason: 'leaks', force: true });
  expect(out).toContain(`toy: stable-replaced; ${OTHER} answers, generation 5.`);
  expect(out).toContain('old: stopped.');
});
