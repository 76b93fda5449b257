import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../apps/cli/program.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { openStore } from '../store/store.fixture.ts';
import { ControlProcess } from './control-process.ts';
import { CANDIDATE, MODEL, RolloutHouse } from './rollout-house.ts';

let home: string;
let server: TestPostgres;
let store: DataSource;
let house: RolloutHouse;
let control: ControlProcess;
let proxy: Server;
let proxyUrl: string;
/** Statuses of answers that the proxy kept to itself, and that it gave on. */
const statuses: { cut: number[]; given: number[] } = { cut: [], given: [] };

/** Lets the server answer each request; the first answer to a POST never reaches the client. */
async function relay(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url = '/' } = request;
  const headers = Object.fromEntries(['authorization', 'content-type', 'idempotency-key'].flatMap((name) => (request.headers[name] === undefined ? [] : [[name, String(request.headers[name])]])));
  const sent = await readText(request);
  const answer = await fetch(`${control.url}${url}`, { method, headers, ...(method === 'GET' ? {} : { body: sent }) });
  const body = await answer.text();
  if (method === 'POST' && statuses.cut.length === 0) {
    statuses.cut.push(answer.status);
    request.socket.destroy();
    return;
  }
  if (method === 'POST') statuses.given.push(answer.status);
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(body);
}

beforeAll(async () => {
  server = await startPostgres();
  const databaseUrl = await server.createDatabase();
  store = await openStore(databaseUrl);
  house = new RolloutHouse(store);
  await house.saveReleases();
  home = newTemporaryHome('signalbox-cut-');
  control = new ControlProcess('control', home, databaseUrl);
  await control.start();
  proxy = createServer((request, response) => void relay(request, response)).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  proxyUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
});
afterAll(async () => {
  proxy?.closeAllConnections();
  proxy?.close();
  await control?.stop();
  await store?.destroy();
  await server?.stop();
  if (home) rmSync(home, { recursive: true, force: true });
});

it('starts one rollout when the connection breaks after the server began it, and shows that one', async () => {
  const out: string[] = [];
  const plain = (text: string): string => text;
  const exitCode = await runCli(['rollout', 'start', '--model', MODEL, '--release', CANDIDATE, '--shares', '0.05,0.25'], {
    env: { SIGNALBOX_URL: proxyUrl, SIGNALBOX_API_KEY: TEST_KEY }, columns: 80, rows: 24, isTty: false, colors: { dim: plain, red: plain, yellow: plain, bold: plain },
    signal: new AbortController().signal, workingDir: home, print: (text) => out.push(text), note: (text) => out.push(text),
  });
  expect(exitCode, out.join('\n')).toBe(0);
  expect(statuses).toEqual({ cut: [201], given: [201] });
  const rollouts = await house.records.rollouts.list(10, {});
  expect(rollouts).toHaveLength(1);
  expect(out.join('\n')).toContain(rollouts[0]!.id);
  expect((await house.audited()).filter((entry) => entry.endsWith('rollout.start'))).toHaveLength(1);
});
