import { rmSync } from 'node:fs';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { ControlProcess } from '../rollout/control-process.ts';
import { RolloutHouse } from '../rollout/rollout-house.ts';
import { openStore } from '../store/store.fixture.ts';
import { type Metric, parseExposition, sumOf } from './exposition.ts';

const NAMES = ['signalbox_rollouts', 'signalbox_rollout_verdicts_total', 'signalbox_rollout_look_age_seconds'];
const LOOK_MS = 100;
const FAILED_REQUESTS = 400;

let home: string;
let server: TestPostgres;
let store: DataSource;
let house: RolloutHouse;
let control: ControlProcess;

beforeAll(async () => {
  server = await startPostgres();
  const databaseUrl = await server.createDatabase();
  store = await openStore(databaseUrl);
  house = new RolloutHouse(store);
  await house.saveReleases();
  home = newTemporaryHome('signalbox-rollout-metrics-');
  control = new ControlProcess('control', home, databaseUrl, { SIGNALBOX_ROLLOUT_INTERVAL_MS: String(LOOK_MS) });
  await control.start();
});
afterAll(async () => {
  await control?.stop();
  await store?.destroy();
  await server?.stop();
  if (home) rmSync(home, { recursive: true, force: true });
});

const scrape = async (): Promise<Map<string, Metric>> => parseExposition(await (await fetch(`${control.url}/metrics`)).text());
const seriesOf = (metrics: ReadonlyMap<string, Metric>, name: string): Record<string, number> => Object.fromEntries(metrics.get(name)?.series ?? []);
const age = (metrics: ReadonlyMap<string, Metric>): number => sumOf(metrics, 'signalbox_rollout_look_age_seconds');

it('shows rollouts by state, verdicts by kind and the time since the last look', async () => {
  await until(async () => (await scrape()).has('signalbox_rollouts'), 120_000, () => control.log);
  const idle = await scrape();
  for (const name of NAMES) expect(idle.get(name)?.help, name).toMatch(/\w+ \w+/);
  const states = ['running', 'paused', 'completed', 'failed', 'aborted', 'superseded'];
  expect(seriesOf(idle, 'signalbox_rollouts')).toEqual(Object.fromEntries(states.map((state) => [`signalbox_rollouts{state="${state}"}`, 0])));
  const verdicts = ['wait', 'continue', 'complete', 'fail', 'pause', 'end'];
  expect(seriesOf(idle, 'signalbox_rollout_verdicts_total')).toEqual(Object.fromEntries(verdicts.map((verdict) => [`signalbox_rollout_verdicts_total{verdict="${verdict}"}`, 0])));
  expect(age(idle)).toBe(0);

  const { rollout } = await house.start();
  await until(async () => sumOf(await scrape(), 'signalbox_rollouts', ['state="running"']) === 1, 120_000, () => control.log);
  await until(async () => sumOf(await scrape(), 'signalbox_rollout_verdicts_total', ['verdict="wait"']) > 0, 120_000, () => control.log);
  house.nowMs = Date.now();
  await house.record(FAILED_REQUESTS, { status: 'failed' });
  await until(async () => sumOf(await scrape(), 'signalbox_rollouts', ['state="failed"']) === 1, 120_000, () => control.log);
  // What is counted after the commit may come a moment after the state is read.
  await until(async () => sumOf(await scrape(), 'signalbox_rollout_verdicts_total', ['verdict="fail"']) > 0, 120_000, () => control.log);
  const failed = await scrape();
  expect(sumOf(failed, 'signalbox_rollouts', ['state="running"'])).toBe(0);
  expect(sumOf(failed, 'signalbox_rollout_verdicts_total', ['verdict="fail"'])).toBe(1);
  const kept: { verdict: string; count: number }[] = await store.query('SELECT verdict, count(*)::int AS count FROM signalbox.rollout_verdict WHERE rollout_id = $1 GROUP BY verdict', [rollout.id]);
  for (const { verdict, count } of kept) expect(sumOf(failed, 'signalbox_rollout_verdicts_total', [`verdict="${verdict}"`]), verdict).toBe(count);
});

it('shows an age that grows while nobody can look, the database away or not, and counts what is done by hand', async () => {
  // Requests are stamped a millisecond apart: none of the first test's may belong to this rollout.
  await until(() => Date.now() > house.nowMs + FAILED_REQUESTS, 120_000);
  house.nowMs = Date.now();
  const { rollout } = await house.start();
  // Held by somebody: no look can write anything down.
  const holder = store.createQueryRunner();
  await holder.startTransaction();
  await holder.query('SELECT 1 FROM signalbox.rollout WHERE id = $1 FOR UPDATE', [rollout.id]);
  await until(async () => age(await scrape()) > 0.5, 120_000, () => control.log);
  await holder.rollbackTransaction();
  await holder.release();
  await until(async () => age(await scrape()) < 0.5, 120_000, () => control.log);
  expect(sumOf(await scrape(), 'signalbox_rollouts', ['state="running"'])).toBe(1);
  server.kill();
  await until(async () => age(await scrape()) > 1, 120_000, () => control.log);
  await server.start();
  await until(async () => store.query('SELECT 1').then(() => true, () => false), 120_000);
  await until(async () => age(await scrape()) < 0.5, 120_000, () => control.log);
  const abort = { method: 'POST', headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' }, body: JSON.stringify({ reason: 'enough' }) };
  expect(await fetch(`${control.url}/api/v1/rollouts/${rollout.id}/abort`, abort)).toMatchObject({ status: 200 });
  await until(async () => sumOf(await scrape(), 'signalbox_rollout_verdicts_total', ['verdict="end"']) === 1, 120_000, () => control.log);
  await until(async () => sumOf(await scrape(), 'signalbox_rollouts', ['state="aborted"']) === 1, 120_000, () => control.log);
  await until(async () => age(await scrape()) === 0, 120_000, () => control.log);
});
