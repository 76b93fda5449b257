import { readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type LoadTally, runMixedLoad } from '../accounting/mixed-load.ts';
import { postgresPid } from '../accounting/processes.ts';
import { recordedRequests, usageTotals } from '../accounting/recorded.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { seededRandom } from '../harness/random.ts';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { parseExposition, sumOf } from '../telemetry/exposition.ts';

/** Longer than a key's five seconds in the cache. */
const OUTAGE_MS = 8_000;
const REQUESTS = 200;
/** What the heap may grow by, garbage of the requests included. That the spool itself keeps nothing in memory: libs/record/spool-memory.test.ts. */
const MAX_HEAP_GROWTH_BYTES = 64 * 1024 ** 2;
/** Of a prompt of some 300 tokens through 4 layers. */
const MIN_TRACE_BYTES = 1024;
const LAYERS = 4;

interface Health {
  readonly status: string;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly isRequired: boolean }>>;
}

let home = '';
let postgres: TestPostgres | null = null;
let signalbox: SignalboxProcess;

beforeEach(() => {
  home = newTemporaryHome('signalbox-outage-');
});
afterEach(async () => {
  await signalbox?.stop();
  await postgres?.stop();
  postgres = null;
  rmSync(home, { recursive: true, force: true });
});

async function figures(): Promise<{ spoolBytes: number; batches: number; refused: number; lost: number; heapBytes: number }> {
  const metrics = parseExposition(await (await fetch(`${signalbox.url}/metrics`)).text());
  return {
    spoolBytes: sumOf(metrics, 'signalbox_spool_held_bytes'),
    batches: sumOf(metrics, 'signalbox_spool_batches'),
    refused: sumOf(metrics, 'signalbox_spool_refused'),
    lost: sumOf(metrics, 'signalbox_traces_lost_total'),
    heapBytes: metrics.get('nodejs_heap_size_used_bytes')?.series.get('nodejs_heap_size_used_bytes{}') ?? Number.NaN,
  };
}

const health = async (): Promise<Health> => (await fetch(`${signalbox.url}/readyz`)).json() as Promise<Health>;

const complete = (number: number, key: string): Promise<Response> =>
  fetch(`${signalbox.url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'tiny-mixtral', prompt: `${number} `.repeat(150), max_tokens: 2, metadata: { tenant: 'a' } }),
  });

/** Sends requests, a few at a time, until both are reached; gives the ids of all that were answered, which is all. */
async function serve(atLeast: number, forMs: number): Promise<string[]> {
  const untilMs = Date.now() + forMs;
  const ids: string[] = [];
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (sent < atLeast || Date.now() < untilMs) {
      const response = await complete((sent += 1), TEST_KEY);
      expect(response.status, await response.text()).toBe(200);
      ids.push(response.headers.get('x-request-id') ?? '');
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  return ids;
}

/** Exactly these requests are recorded, once each, and the loads add up. */
async function expectRecorded(ids: readonly string[]): Promise<void> {
  // Bytes, because a segment that is still open is no batch yet.
  await until(async () => (await figures()).spoolBytes === 0, 120_000, () => `traces still wait:\n${signalbox.log.slice(-3000)}`);
  const recorded = await recordedRequests(signalbox);
  expect(recorded.map(({ requestId }) => requestId).toSorted()).toEqual(ids.toSorted());
  const routedTokens = recorded.reduce((sum, request) => sum + request.routedTokens, 0);
  const usage = await usageTotals(signalbox);
  expect(usage.layers).toEqual(Array.from({ length: LAYERS }, () => ({ tokens: routedTokens, loadSum: routedTokens * usage.topK })));
}

it('serves on without PostgreSQL in bounded memory, says so, and catches up exactly', async () => {
  postgres = await startPostgres();
  signalbox = new SignalboxProcess(home, await freePort(), { DATABASE_URL: await postgres.createDatabase() });
  await signalbox.start();
  const ids = await serve(20, 0);
  await expectRecorded(ids);
  expect((await health()).checks['database']).toMatchObject({ ok: true, isRequired: false });
  const before = await figures();

  const answeredBefore = ids.length;
  postgres.kill();
  ids.push(...(await serve(REQUESTS, OUTAGE_MS)));

  const reports = await fetch(`${signalbox.url}/api/v1/usage?model=tiny-mixtral`, { headers: { authorization: `Bearer ${TEST_KEY}` } });
  expect(reports.status).toBe(503);
  expect(reports.headers.get('content-type')).toContain('application/problem+json');
  expect(Number(reports.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await reports.json()).toMatchObject({ status: 503, code: 'database_unavailable' });
  const stranger = await complete(0, 'a-key-that-nobody-has-seen-before');
  expect(stranger.status).toBe(503);
  expect(Number(stranger.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await stranger.json()).toMatchObject({ error: { code: 'database_unavailable', type: 'server_error' } });

  const away = await health();
  expect(away.status).toBe('ready');
  expect(away.checks['database']).toMatchObject({ ok: false, isRequired: false });
  expect(away.checks['capture']).toMatchObject({ ok: false });
  const during = await figures();
  expect(during.spoolBytes).toBeGreaterThan((ids.length - answeredBefore) * MIN_TRACE_BYTES);
  expect(during.heapBytes - before.heapBytes).toBeLessThan(MAX_HEAP_GROWTH_BYTES);
  expect([during.refused, during.lost]).toEqual([0, 0]);

  await postgres.start();
  await expectRecorded(ids);
  await until(async () => (await health()).checks['database']?.ok === true, 30_000);
  expect((await figures()).batches).toBe(0);
});

it('serves on while PostgreSQL is frozen, and ends a question to it in bounded time', async () => {
  signalbox = new SignalboxProcess(home, await freePort());
  await signalbox.start();
  const ids = await serve(5, 0);
  await expectRecorded(ids);
  const postmaster = postgresPid(home);
  const frozen = [postmaster, ...readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').split(' ').filter(Boolean).map(Number)];
  for (const pid of frozen) process.kill(pid, 'SIGSTOP');
  try {
    const question = fetch(`${signalbox.url}/api/v1/traces`, { headers: { authorization: `Bearer ${TEST_KEY}` } });
    ids.push(...(await serve(20, OUTAGE_MS)));
    expect((await health()).checks['database']).toMatchObject({ ok: false });
    expect((await question).status).toBe(503);
  } finally {
    for (const pid of frozen.toReversed()) process.kill(pid, 'SIGCONT');
  }
  await expectRecorded(ids);
});

it('starts a killed embedded PostgreSQL again; meanwhile the management API answers or says when to come back', async () => {
  signalbox = new SignalboxProcess(home, await freePort());
  await signalbox.start();
  const tally: LoadTally = { answered: [], aborted: 0, refused: 0, broken: 0 };
  let isOver = false;
  const load = runMixedLoad({ url: signalbox.url, requests: 100_000, parallel: 4, abortShare: 0, random: seededRandom(3) }, tally, () => isOver);
  await until(() => tally.answered.length >= 10, 60_000);
  const statuses = new Map<number, number>();
  const ask = async (): Promise<number> => {
    const { status } = await fetch(`${signalbox.url}/api/v1/traces?limit=1`, { headers: { authorization: `Bearer ${TEST_KEY}` } });
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    return status;
  };
  for (let kill = 0; kill < 3; kill += 1) {
    const killed = postgresPid(home);
    process.kill(killed, 'SIGKILL');
    await until(async () => (await ask()) === 503, 30_000, () => `no outage was seen, only ${[...statuses.keys()].join()}`);
    await until(async () => (await ask()) === 200, 60_000, () => `PostgreSQL did not come back:\n${signalbox.log.slice(-3000)}`);
    expect(postgresPid(home)).not.toBe(killed);
  }
  const answered = tally.answered.length;
  await until(() => tally.answered.length > answered, 60_000);
  isOver = true;
  await load;
  expect([...statuses.keys()].toSorted()).toEqual([200, 503]);
  expect([tally.refused, tally.broken]).toEqual([0, 0]);
  await expectRecorded(tally.answered.map(({ requestId }) => requestId));
});
