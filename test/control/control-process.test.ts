import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { digestApiKey, generateApiKey } from '#libs/platform/auth/api-key';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { freePort } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { openStore } from '../store/store.fixture.ts';

const ROOT = join(import.meta.dirname, '..', '..');

let postgres: TestPostgres;
let home: string;

beforeAll(async () => {
  postgres = await startPostgres();
  home = newTemporaryHome('control-');
});

afterAll(async () => {
  await postgres?.stop();
  if (home) rmSync(home, { recursive: true, force: true });
});

function start(env: Record<string, string>): { child: ChildProcess; log: () => string } {
  let log = '';
  const child = spawn(join(ROOT, 'node_modules', '.bin', 'node'), [join(ROOT, 'dist', 'apps', 'control', 'main.js')], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], SIGNALBOX_HOME: home, ...env },
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  return { child, log: () => log };
}

it('runs the control role alone: migrates, answers, and stops cleanly', async () => {
  const database = await postgres.createDatabase();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { child, log } = start({ DATABASE_URL: database, SIGNALBOX_PORT: String(port) });
  // Not its exit: what it wrote may be read a moment after that.
  const ended = once(child, 'close');
  await until(async () => (await fetch(`${url}/readyz`).catch(() => null))?.ok === true, 120_000, log);

  const store = await openStore(database);
  const key = generateApiKey();
  const id = randomUUID();
  await new ApiKeys(store).insert(
    { id, name: 'test', scopes: ['read'], createdAtMs: 0, expiresAtMs: null, ...digestApiKey(key) },
    { atMs: 0, actor: 'system', action: 'key.create', subject: `key/${id}`, detail: {}, requestId: null },
  );
  await store.destroy();
  const answer = await fetch(`${url}/api/v1/usage`, { headers: { authorization: `Bearer ${key}` } });
  expect(await answer.json()).toMatchObject({ status: 404, code: 'model_not_found' });
  expect(await (await fetch(`${url}/api/openapi.json`)).json()).toMatchObject({ openapi: '3.1.0' });

  // As browsers open in advance; it must not keep the process from ending.
  const silent = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(silent, 'connect');
  child.kill('SIGTERM');
  expect((await ended)[0], log()).toBe(0);
  expect(log()).not.toContain(key);
});

it('says what is missing without a database', async () => {
  const { child, log } = start({});
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(2);
  expect(log()).toContain('DATABASE_URL is missing');
});
