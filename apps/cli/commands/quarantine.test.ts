import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCli } from '../program.ts';
import { type Terminal } from '../terminal.ts';

const ID = '0197280f-6000-7000-8000-000000000001';
const ONE = {
  id: ID, model: 'toy', releaseId: null, layer: 3, expert: 5, reason: 'odd', forced: false, createdAt: '2026-06-01T00:00:00.000Z', createdBy: 'user:a', createdByName: 'ada', until: null,
  state: 'in-force', generation: 1, version: 1, endedAt: null, endedBy: null, endedReason: null,
};
const TAKEN = { takenBy: 2, processes: 2, tookHold: true };
const plain = (text: string): string => text;

let server: Server;
let url: string;
let seen: { readonly call: string; readonly body: unknown }[];
let answers: Record<string, unknown>;
let out: string[];

beforeEach(async () => {
  seen = [];
  out = [];
  answers = { 'GET /api/v1/models': { items: [{ model: 'toy', releaseId: null, previousRelease: null, canary: null, shadow: null, generation: 1, activatedAt: null }], nextCursor: null } };
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const call = `${request.method} ${new URL(request.url ?? '/', 'http://x').pathname}`;
      seen.push({ call, body: text === '' ? undefined : JSON.parse(text) });
      const body = answers[call];
      response.writeHead(body === undefined ? 404 : call.startsWith('POST') && !call.endsWith('lift') ? 201 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? { type: 'x', status: 404, code: 'x', title: 'x', detail: call }));
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
  return runCli(args, terminal);
}

it('takes an expert out of service and puts it back', async () => {
  answers['POST /api/v1/models/toy/quarantines'] = { ...ONE, ...TAKEN };
  expect(await run('experts', 'quarantine', '3', '5', '--reason', 'odd'), out.join('\n')).toBe(0);
  expect(seen.at(-1)?.body).toEqual({ layer: 3, expert: 5, reason: 'odd', force: false });
  expect(out.join('\n')).toContain('expert/3/5 of toy is in quarantine. All 2 inference processes follow.');
  answers[`POST /api/v1/models/other/quarantines/${ID}/lift`] = { ...ONE, state: 'lifted', ...TAKEN, takenBy: 1, tookHold: false };
  expect(await run('experts', 'lift', ID, '--model', 'other', '--reason', 'mended'), out.join('\n')).toBe(0);
  expect(seen.at(-1)?.body).toEqual({ reason: 'mended' });
  expect(out.join('\n')).toContain('1 of 2 inference processes follow so far');
});

it('shows what is out of service, and which process is behind', async () => {
  answers['GET /api/v1/models/toy/quarantines'] = { items: [ONE], nextCursor: null };
  expect(await run('experts', 'quarantines')).toBe(0);
  expect(out.at(-1)).toContain(`${ID}  expert/3/5  in-force  all`);
  const process = { processId: ID, host: 'h', pid: 7, status: 'live', lastSeenAt: ONE.createdAt, quarantineGeneration: 1, experts: [{ releaseId: 'a'.repeat(64), layer: 3, expert: 5, state: 'open', reason: 'timeout', since: ONE.createdAt }] };
  answers['GET /api/v1/models/toy/expert-health'] = { model: 'toy', generation: 2, quarantines: [], processes: [process] };
  expect(await run('experts', 'health')).toBe(0);
  expect(out.at(-1)).toContain('expert/3/5  open   timeout');
  expect(out.at(-1)).toContain('h:7 (live) has not taken hold');
  expect(await run('experts', 'quarantine', 'x', '5', '--reason', 'odd')).not.toBe(0);
});
