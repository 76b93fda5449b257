import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createDataSource } from '#libs/store/data-source';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { seededRandom } from '../harness/random.ts';
import { until } from '../harness/until.ts';
import { openStore } from '../store/store.fixture.ts';
import { ANN, deskOf, readBooks, saveToy, toyManifest } from './activation.fixture.ts';

const NODE = join(import.meta.dirname, '..', '..', 'node_modules', '.bin', 'node');
const CHILD = fileURLToPath(new URL('./command-child.ts', import.meta.url));
const KILLS = 30;
/** Some meet a connection that is just being opened. */
const SERVER_KILLS = 10;

let server: TestPostgres;
let databaseUrl: string;
let store: DataSource;
let releases: string[];

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  databaseUrl = await server.createDatabase();
  store = await openStore(databaseUrl);
  releases = [];
  for (const digit of ['3', '7', '8']) releases.push(await saveToy(store, toyManifest({ experts: [digit, '4', '5', '6'] })));
  return () => store.destroy();
});

/** The pointer is what its newest event says, no event is missing, and each but the import's has its audit entry. */
async function expectWhole(): Promise<number> {
  const { row, events, audited } = await readBooks(store);
  const last = events.at(-1);
  expect(events.map(({ generation }) => generation)).toEqual(events.map((_, at) => at + 1));
  expect([row?.generation, row?.stable]).toEqual([last?.generation, last?.after?.stable]);
  expect(audited).toBe(events.length - 1);
  return events.length;
}

it(`leaves the old or the new state, with its history and audit entry, over ${KILLS} kills of the process that commands`, async () => {
  const next = seededRandom(7);
  let written = 1;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = fork(CHILD, [], { execPath: NODE, execArgv: [], env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl, RELEASES: releases.join(','), SEED: String(kill) }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const exited = once(child, 'exit');
    await Promise.race([once(child, 'message'), exited.then(([code]) => Promise.reject(new Error(`the child ended with ${code}`)))]);
    await new Promise((resolve) => setTimeout(resolve, next() * 60));
    child.kill('SIGKILL');
    await exited;
    await expectWhole();
  }
  // What a killed process had sent may be committed a moment after its end.
  await until(async () => (await openBackends()) === 0, 120_000);
  written = await expectWhole();
  expect(written).toBeGreaterThan(KILLS);
});

it(`stays whole over ${KILLS} ended connections in the middle of commands`, async () => {
  const victims = await createDataSource({ url: databaseUrl, poolSize: 4, applicationName: 'victim' }).initialize();
  const desk = deskOf(victims);
  const next = seededRandom(11);
  const stop = new AbortController();
  const operate = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const releaseId = releases[Math.floor(next() * releases.length)] ?? '';
      await desk.command('toy', { type: 'activate', releaseId }, { caller: ANN, reason: null, cause: 'direct' }).catch(() => undefined);
    }
  };
  const operators = [operate(), operate(), operate()];
  let ended = 0;
  await until(async () => {
    const rows: { ended: boolean }[] = await store.query(`SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE application_name = 'victim' AND state <> 'idle' ORDER BY random() LIMIT 1`);
    ended += rows.length;
    await expectWhole();
    return ended >= KILLS;
  }, 120_000);
  stop.abort();
  await Promise.all(operators);
  expect(await expectWhole()).toBeGreaterThan(2);
  await victims.destroy();
});

it('stays whole when PostgreSQL itself is killed in the middle of commands', async () => {
  const next = seededRandom(13);
  for (let kill = 0; kill < SERVER_KILLS; kill += 1) {
    const victims = await createDataSource({ url: databaseUrl, poolSize: 4, applicationName: 'victim' }).initialize();
    const desk = deskOf(victims);
    const context = { caller: ANN, reason: null, cause: 'direct' } as const;
    const commands = releases.concat(releases).map((releaseId) => desk.command('toy', { type: 'activate', releaseId }, context).catch(() => undefined));
    await new Promise((resolve) => setTimeout(resolve, next() * 12));
    server.kill();
    await Promise.all(commands);
    await server.start();
    await victims.destroy();
    await until(async () => store.query('SELECT 1').then(() => true, () => false), 120_000);
    expect(await expectWhole()).toBeGreaterThan(0);
  }
});

async function openBackends(): Promise<number> {
  const rows: { open: number }[] = await store.query(`SELECT count(*)::int AS open FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'`);
  return rows[0]?.open ?? 0;
}
