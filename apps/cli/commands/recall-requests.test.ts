import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { runCli } from '../program.ts';
import { type Terminal } from '../terminal.ts';
import { listTouched } from './recall-requests.ts';

const SHA256 = 'c'.repeat(64);
const plain = (text: string): string => text;
type Page = CallOutput<'listRecallRequests'>;

const request = (at: number) => ({ requestId: `00000000-0000-4000-8000-00000000000${at}`, at: '2026-06-01T00:00:00.000Z', releaseId: 'a'.repeat(64), status: 'answered' as const });
const hit = (at: number): Page['items'][number] => ({ ...request(at), experts: [{ component: 'expert/3/5', tokens: 4, gateMass: 2.25 }] });
const PAGE: Page = { items: [], unreadable: [], nextCursor: null, basis: 'selection', looked: 200, found: 0, unknown: 12 };

function terminalOf(signal = new AbortController().signal) {
  const out: string[] = [];
  const notes: string[] = [];
  const terminal: Terminal = {
    env: { SIGNALBOX_API_KEY: 'k'.repeat(32) }, columns: 80, rows: 24, isTty: false, colors: { dim: plain, red: plain, yellow: plain, bold: plain }, signal, workingDir: '/', print: (text) => out.push(text), note: (text) => notes.push(text),
  };
  return { terminal, out, notes };
}

function clientOf(pages: readonly (Page | CliError)[]) {
  const queries: unknown[] = [];
  const left = [...pages];
  const call = async (_: string, { query }: { query: unknown }): Promise<Page> => {
    queries.push(query);
    const next = left.shift();
    if (next === undefined || next instanceof CliError) throw next ?? new Error('no more pages');
    return next;
  };
  return { client: { call } as unknown as ApiClient, queries };
}

it('goes on behind pages that find nothing, with progress on standard error', async () => {
  const { terminal, out, notes } = terminalOf();
  const { client, queries } = clientOf([{ ...PAGE, nextCursor: 'one' }, { ...PAGE, items: [hit(1)], found: 1, looked: 3, unreadable: [request(2)] }]);
  await listTouched(client, terminal, SHA256, { selected: true, json: false });
  expect(queries).toEqual([{ limit: '200', selected: 'true', cursor: undefined }, { limit: '200', selected: 'true', cursor: 'one' }]);
  expect(out).toEqual([
    '00000000-0000-4000-8000-000000000001  2026-06-01T00:00:00.000Z  aaaaaaaaaaaa  answered   expert/3/5: 4 tokens, gates 2.25',
    '00000000-0000-4000-8000-000000000002  2026-06-01T00:00:00.000Z  aaaaaaaaaaaa  answered   trace does not open',
  ]);
  expect(notes).toEqual(['200 requests looked at, 0 found', '1 of 203 recorded requests. 1 have a trace that does not open: they may have touched it. Unknown: up to 12 more whose traces are past retention.']);
});

it('keeps what was found when it is stopped, and says that it is not all', async () => {
  const { terminal, out, notes } = terminalOf();
  const { client } = clientOf([{ ...PAGE, items: [hit(1)], found: 1, nextCursor: 'one' }, new CliError(EXIT.interrupted, 'Stopped.')]);
  await expect(listTouched(client, terminal, SHA256, { selected: true, json: true })).rejects.toMatchObject({ exitCode: EXIT.interrupted });
  expect(out.map((line) => JSON.parse(line) as unknown)).toEqual([hit(1), { summary: { sha256: SHA256, basis: 'selection', looked: 200, found: 1, unreadable: 0, unknown: 12, complete: false, nextCursor: 'one' } }]);
  expect(notes.at(-1)).toMatch(/^Not all: 1 of the first 200/);
});

it('ends on Ctrl-C while it waits for a page: 130, with what was found before', async () => {
  const stop = new AbortController();
  const asked: string[] = [];
  const server = createServer((received, response) => {
    asked.push(received.url ?? '');
    // The second page never comes.
    if (asked.length === 1) response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ...PAGE, items: [hit(1)], found: 1, nextCursor: 'one' }));
    else stop.abort();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { terminal, out, notes } = terminalOf(stop.signal);
  const code = await runCli(['recalled', SHA256, '--requests', '--selected', '--json'], { ...terminal, env: { ...terminal.env, SIGNALBOX_URL: `http://127.0.0.1:${port}` } });
  server.closeAllConnections();
  server.close();
  expect(code).toBe(EXIT.interrupted);
  expect(asked).toEqual(['', '&cursor=one'].map((cursor) => `/api/v1/components/${SHA256}/recall/requests?limit=200&selected=true${cursor}`));
  expect(out).toHaveLength(2);
  expect(JSON.parse(out[1] ?? '')).toMatchObject({ summary: { found: 1, complete: false, nextCursor: 'one' } });
  expect(notes.at(-1)).toBe('Stopped.');
});

it('says where a version took part in every request', async () => {
  const { terminal, notes } = terminalOf();
  const { client } = clientOf([{ ...PAGE, basis: 'release', items: [{ ...request(1), experts: null }], looked: 1, found: 1 }]);
  await listTouched(client, terminal, SHA256, { selected: true, json: false });
  expect(notes).toEqual(['This is no expert: it took part in every request of its releases.', '1 of 1 recorded requests. 12 more are past retention and cannot be listed.']);
});

it('refuses --selected alone before anything is asked', async () => {
  const { terminal, notes } = terminalOf();
  expect(await runCli(['recalled', SHA256, '--selected'], terminal)).toBe(EXIT.usage);
  expect(notes.join()).toContain('give --requests too');
});
