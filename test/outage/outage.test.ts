import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type LoadTally, runMixedLoad } from '../accounting/mixed-load.ts';
import { postgresPid } from '../accounting/processes.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { seededRandom } from '../harness/random.ts';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { expectRecorded, OUTAGE_MS, OutageClient } from './outage-client.ts';

const REQUESTS = 200;
/** What the heap may grow by, garbage of the requests included. That the spool itself keeps nothing in memory: libs/record/spool-memory.test.ts. */
const MAX_HEAP_GROWTH_BYTES = 64 * 1024 ** 2;
/** Of a prompt of some 300 tokens through 4 layers. */
const MIN_TRACE_BYTES = 1024;

let home = '';
let postgres: TestPostgres | null = null;
let signalbox: SignalboxProcess;
let client: OutageClient;

beforeEach(() => {
  home = newTemporaryHome('signalbox-outage-');
});
afterEach(async () => {
  await signalbox?.stop();
  await postgres?.stop();
  postgres = null;
  rmSync(home, { recursive: true, force: true });
});

it('serves on without PostgreSQL in bounded memory, says so, and catches up exactly', async () => {
  postgres = await startPostgres();
  signalbox = new SignalboxProcess(home, await freePort(), { DATABASE_URL: await postgres.createDatabase() });
  await signalbox.start();
  client = new OutageClient(signalbox);
  const ids = await client.serve(20, 0);
  await expectRecorded(client, ids);
  // A check that takes more than two seconds has failed, as it may on a busy machine.
  await expect.poll(async () => (await client.health()).checks['database']).toMatchObject({ ok: true, isRequired: false });
  const before = await client.figures();

  const answeredBefore = ids.length;
  postgres.kill();
  ids.push(...(await client.serve(REQUESTS, OUTAGE_MS)));

  const reports = await fetch(`${signalbox.url}/api/v1/usage?model=tiny-mixtral`, { headers: { authorization: `Bearer ${TEST_KEY}` } });
  expect(reports.status).toBe(503);
  expect(reports.headers.get('content-type')).toContain('application/problem+json');
  expect(Number(reports.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await reports.json()).toMatchObject({ status: 503, code: 'database_unavailable' });
  const stranger = await client.complete(0, 'a-key-that-nobody-has-seen-before');
  expect(stranger.status).toBe(503);
  expect(Number(stranger.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await stranger.json()).toMatchObject({ error: { code: 'database_unavailable', type: 'server_error' } });

  const away = await client.health();
  expect(away.status).toBe('ready');
  expect(away.checks['database']).toMatchObject({ ok: false, isRequired: false });
  expect(away.checks['capture']).toMatchObject({ ok: false });
  const during = await client.figures();
  expect(during.spoolBytes).toBeGreaterThan((ids.length - answeredBefore) * MIN_TRACE_BYTES);
  expect(during.heapBytes - before.heapBytes).toBeLessThan(MAX_HEAP_GROWTH_BYTES);
  expect([during.refused, during.lost]).toEqual([0, 0]);

  await postgres.start();
  await expectRecorded(client, ids);
  await until(async () => (await client.health()).checks['database']?.ok === true, 120_000);
  expect((await client.figures()).batches).toBe(0);
});

it('starts a killed embedded PostgreSQL again; meanwhile the management API answers or says when to come back', async () => {
  signalbox = new SignalboxProcess(home, await freePort());
  await signalbox.start();
  client = new OutageClient(signalbox);
  const tally: LoadTally = { answered: [], aborted: 0, refused: 0, broken: 0 };
  let isOver = false;
  const load = runMixedLoad({ url: signalbox.url, requests: 100_000, parallel: 4, abortShare: 0, random: seededRandom(3) }, tally, () => isOver);
  await until(() => tally.answered.length >= 10, 120_000);
  const statuses = new Map<number, number>();
  const ask = async (): Promise<number> => {
    const { status } = await fetch(`${signalbox.url}/api/v1/traces?limit=1`, { headers: { authorization: `Bearer ${TEST_KEY}` } });
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    return status;
  };
  for (let kill = 0; kill < 3; kill += 1) {
    const killed = postgresPid(home);
    process.kill(killed, 'SIGKILL');
    await until(async () => (await ask()) === 503, 120_000, () => `no outage was seen, only ${[...statuses.keys()].join()}`);
    await until(async () => (await ask()) === 200, 120_000, () => `PostgreSQL did not come back:\n${signalbox.lastWords}`);
    expect(postgresPid(home)).not.toBe(killed);
  }
  const answered = tally.answered.length;
  await until(() => tally.answered.length > answered, 120_000);
  isOver = true;
  await load;
  expect([...statuses.keys()].toSorted()).toEqual([200, 503]);
  expect([tally.refused, tally.broken]).toEqual([0, 0]);
  await expectRecorded(client, tally.answered.map(({ requestId }) => requestId));
});
