import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDataSource } from '#libs/store/data-source';
import { Baselines } from '#libs/store/detection/baselines';
import { FollowedLedger } from '#libs/store/detection/followed-ledger';
import { DetectorStates, type StoredStream } from '#libs/store/detection/detector-states';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { until } from '../harness/until.ts';
import { LAYERS, openStore, RELEASE, saveRelease } from '../store/store.fixture.ts';
import { RecordedTraffic, routerTable, TRACE_KEY } from './recorded-traffic.ts';

const TABLE = routerTable(1);
const BASELINE_REQUESTS = 1600;
const BACKLOG_REQUESTS = 3840;
const KILLS = 5;
let server: TestPostgres;
let home: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  server = await startPostgres();
  home = mkdtempSync(join(tmpdir(), 'signalbox-killed-'));
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});

/** The compiled program, as `npm start` runs it. */
function startWatch(url: string): ChildProcess {
  const child = fork(new URL('../../dist/apps/watch/main.js', import.meta.url), {
    env: { ...process.env, DATABASE_URL: url, SIGNALBOX_HOME: home, SIGNALBOX_TRACE_KEY: TRACE_KEY.toString('base64'), SIGNALBOX_BASELINE_REQUESTS: String(BASELINE_REQUESTS), SIGNALBOX_LOG_LEVEL: 'warn' },
    execArgv: [],
  });
  children.push(child);
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

const followed = async (store: DataSource): Promise<number> => (await new DetectorStates(store).progress())?.requests ?? -1;

async function isDone(store: DataSource): Promise<boolean> {
  const progress = await new DetectorStates(store).progress();
  return progress !== null && (await new FollowedLedger(store).lag(progress.watermark, Date.now())).requests === 0;
}

/** Lets a watch save one round and no other: at the end of the next one it waits, and is killed there or before. */
const HOLD = `
  CREATE TABLE public.hold AS SELECT 0 AS rounds;
  CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    WHILE (SELECT rounds FROM public.hold) = 0 LOOP PERFORM pg_sleep(0.02); END LOOP;
    UPDATE public.hold SET rounds = rounds - 1;
    RETURN NEW;
  END $$;
  CREATE TRIGGER hold BEFORE UPDATE ON signalbox.detection_progress FOR EACH ROW EXECUTE FUNCTION public.hold()`;
const TEST = 'killed-follower test';

/** The server notices late that a client is gone while it holds it up. */
async function endConnections(store: DataSource): Promise<void> {
  const END = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> '${TEST}'`;
  await until(async () => (await store.query(END)).length === 0, 120_000);
}

async function states(url: string, act: (store: DataSource) => Promise<void>): Promise<readonly StoredStream[]> {
  const store = await createDataSource({ url, applicationName: TEST }).initialize();
  try {
    await act(store);
    return await new DetectorStates(store).ofRelease(RELEASE);
  } finally {
    await store.destroy();
  }
}

test(`a watch that is killed ${KILLS} times ends with the very states of one that was left alone`, async () => {
  const url = await server.createDatabase();
  const name = new URL(url).pathname.slice(1);
  const store = await openStore(url);
  await saveRelease(store, RELEASE, Date.now());
  const traffic = new RecordedTraffic(store, 8);
  const first = startWatch(url);
  await until(async () => (await followed(store)) === 0, 120_000);
  await traffic.write(traffic.requests(BASELINE_REQUESTS, { table: TABLE }));
  await until(async () => (await new Baselines(store).adopted()).length > 0, 120_000);
  await until(() => isDone(store), 120_000);
  await end(first, 'SIGTERM');
  const before = await followed(store);
  await traffic.write(traffic.requests(BACKLOG_REQUESTS, { table: TABLE, shareOfFirst: 0.6 }), 10);
  await store.destroy();

  // Two databases that are the same to the byte: the numbers of transactions are the server's.
  const admin = await createDataSource({ url: server.url }).initialize();
  await admin.query(`CREATE DATABASE disturbed TEMPLATE "${name}"`);
  await admin.destroy();
  const disturbedUrl = Object.assign(new URL(url), { pathname: '/disturbed' }).href;

  const whole = await states(url, async (undisturbed) => {
    const watch = startWatch(url);
    await until(() => isDone(undisturbed), 120_000);
    await end(watch, 'SIGTERM');
    expect(await followed(undisturbed)).toBe(before + BACKLOG_REQUESTS);
  });
  let midway = 0;
  const killed = await states(disturbedUrl, async (disturbed) => {
    await disturbed.query(HOLD);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const from = await followed(disturbed);
      await disturbed.query('UPDATE public.hold SET rounds = 1');
      const watch = startWatch(disturbedUrl);
      // In the middle of the round after the first one that is saved.
      await until(async () => (await followed(disturbed)) > from, 120_000);
      await end(watch, 'SIGKILL');
      await endConnections(disturbed);
      const at = await followed(disturbed);
      if (at > before && at < before + BACKLOG_REQUESTS) midway += 1;
    }
    await disturbed.query('DROP TRIGGER hold ON signalbox.detection_progress');
    const watch = startWatch(disturbedUrl);
    await until(() => isDone(disturbed), 120_000);
    await end(watch, 'SIGTERM');
    expect(await followed(disturbed)).toBe(before + BACKLOG_REQUESTS);
  });
  expect(midway).toBe(KILLS);
  expect(whole).toHaveLength(LAYERS);
  expect(whole.map(({ requests }) => requests)).toEqual(whole.map(() => whole[0]!.requests));
  for (const [at, stream] of whole.entries()) {
    expect(killed[at]?.requests).toBe(stream.requests);
    expect(Buffer.from(killed[at]!.bytes).equals(Buffer.from(stream.bytes)), `layer ${stream.layer}`).toBe(true);
  }
  process.stdout.write(`killed watch: ${midway} of ${KILLS} kills in the middle of ${BACKLOG_REQUESTS} requests, states equal byte for byte\n`);
});
