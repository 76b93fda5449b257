import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Reading } from '#libs/detection/reading/reading';
import { loadConfig } from '#libs/platform/config/config';
import { createLogger } from '#libs/platform/logs/logger';
import { Baselines } from '#libs/store/detection/baselines';
import { DetectorStates } from '#libs/store/detection/detector-states';
import { FollowedLedger } from '#libs/store/detection/followed-ledger';
import { Readings } from '#libs/store/detection/readings';
import { followTask } from '../../apps/watch/follow/follow-parts.ts';
import { type FollowTask } from '../../apps/watch/follow/follow-task.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { until } from '../harness/until.ts';
import { LAYERS, openStore, OTHER_RELEASE, RELEASE, saveRelease } from '../store/store.fixture.ts';
import { perturbed, RecordedTraffic, routerTable, TRACE_KEY } from './recorded-traffic.ts';

const TABLE = routerTable(1);
const BASELINE_REQUESTS = 2000;
let server: TestPostgres;
let home: string;
let store: DataSource;
let task: FollowTask | null = null;

beforeAll(async () => {
  server = await startPostgres();
  home = mkdtempSync(join(tmpdir(), 'signalbox-follow-'));
});
afterAll(async () => {
  await server.stop();
  rmSync(home, { recursive: true, force: true });
});
beforeEach(async () => {
  store = await openStore(await server.createDatabase());
  await saveRelease(store, RELEASE, Date.now());
  return async () => {
    await task?.stop();
    task = null;
    await store.destroy();
  };
});

function follow(over: Readonly<Record<string, string>> = {}, now: () => number = Date.now): FollowTask {
  const config = loadConfig({ SIGNALBOX_HOME: home, SIGNALBOX_TRACE_KEY: TRACE_KEY.toString('base64'), SIGNALBOX_BASELINE_REQUESTS: String(BASELINE_REQUESTS), ...over });
  const logger = createLogger({ level: 'warn', role: 'watch', readable: false, destination: process.stderr });
  const started = followTask(store, { config, logger, now }, { idleMs: 20, upkeepMs: 50 });
  started.start();
  return started;
}

const followed = async (): Promise<number> => (await new DetectorStates(store).progress())?.requests ?? -1;
async function hasFollowedAll(): Promise<boolean> {
  const progress = await new DetectorStates(store).progress();
  return progress !== null && (await new FollowedLedger(store).lag(progress.watermark, Date.now())).requests === 0;
}

const readings = (signal: string, release = RELEASE): Promise<readonly Reading[]> => new Readings(store).current({ signals: [signal], labels: { release } }, 1000);
const alarms = async (signal: string, release = RELEASE): Promise<readonly string[]> => (await readings(signal, release)).filter(({ alarm }) => alarm === true).map(({ labels }) => labels['layer']!);
const activate = (release: string): Promise<unknown> => store.query('UPDATE signalbox.activation SET stable_release = $1, generation = generation + 1 WHERE model = $2', [release, 'toy']);

async function adopted(): Promise<void> {
  await until(async () => (await new Baselines(store).adopted()).length > 0, 120_000);
}

test('a first baseline freezes by itself; a changed mix and a changed router are found, told apart, and end', async () => {
  const traffic = new RecordedTraffic(store, 5);
  task = follow();
  await until(async () => (await followed()) === 0, 120_000);
  await traffic.write(traffic.requests(BASELINE_REQUESTS, { table: TABLE }));
  await adopted();
  const [baseline] = await new Baselines(store).adopted();
  expect(baseline).toMatchObject({ model: 'toy', releaseId: RELEASE, state: 'ready', requests: BASELINE_REQUESTS, createdBy: 'system', adoptedBy: 'system', layersDone: LAYERS, requestsPerMonth: 30_000 * 2 });
  const audit: { action: string; actor: string }[] = await store.query(`SELECT action, actor FROM signalbox.audit_entry WHERE action LIKE 'baseline.%' ORDER BY seq`);
  expect(audit).toEqual([{ action: 'baseline.freeze', actor: 'system' }, { action: 'baseline.adopt', actor: 'system' }]);

  await traffic.write(traffic.requests(400, { table: TABLE }));
  await until(async () => (await readings('mix-shift')).some(({ detail }) => (detail.requests ?? 0) >= 400), 120_000);
  expect([await alarms('mix-shift'), await alarms('router-shift')]).toEqual([[], []]);

  await traffic.write(traffic.requests(600, { table: TABLE, shareOfFirst: 1 }));
  await until(async () => (await alarms('mix-shift')).length === LAYERS, 120_000);
  expect(await alarms('router-shift')).toEqual([]);
  const [found] = (await readings('mix-shift')).filter(({ alarm }) => alarm);
  expect(found?.value).toBeGreaterThan(0.001);
  expect(found?.detail.experts?.length).toBeGreaterThan(0);
  expect(found?.detail.exampleRequestIds?.length).toBeGreaterThan(0);
  await traffic.write(traffic.requests(2500, { table: TABLE }));
  await until(async () => (await alarms('mix-shift')).length === 0, 120_000);

  // A release without a baseline of its own is watched against the model's.
  await saveRelease(store, OTHER_RELEASE, Date.now());
  await activate(OTHER_RELEASE);
  await traffic.write(traffic.requests(800, { table: perturbed(TABLE, 1, 0.3), releaseId: OTHER_RELEASE }));
  await until(async () => (await alarms('router-shift', OTHER_RELEASE)).length > 0, 120_000);
  expect([await alarms('router-shift', OTHER_RELEASE), await alarms('mix-shift', OTHER_RELEASE)]).toEqual([['1'], []]);

  await activate(RELEASE);
  await until(async () => (await alarms('router-shift', OTHER_RELEASE)).length === 0, 120_000);
  expect((await readings('router-shift', OTHER_RELEASE)).every(({ detail }) => detail.note?.startsWith('This is followed no more'))).toBe(true);
  await task.stop();
  // Later they are gone, with the states of that release.
  task = follow({}, () => Date.now() + 300_000);
  await until(async () => (await readings('router-shift', OTHER_RELEASE)).length === 0, 120_000);
  await until(async () => (await new DetectorStates(store).ofRelease(OTHER_RELEASE)).length === 0, 120_000);
});

test('requests are counted once each: late, out of order, beside an open transaction, and in batches of an older version', async () => {
  const traffic = new RecordedTraffic(store, 6);
  task = follow();
  await until(async () => (await followed()) === 0, 120_000);
  await traffic.write(traffic.requests(BASELINE_REQUESTS, { table: TABLE }));
  await adopted();
  // The baseline is frozen beside the following, which may come to its end later.
  await until(hasFollowedAll, 120_000);
  const before = await followed();
  const runner = store.createQueryRunner();
  await runner.startTransaction();
  // This transaction comes first and commits last, as a slow writer does.
  await runner.query('CREATE TABLE signalbox.slow (n int)');
  await traffic.write(traffic.requests(100, { table: TABLE }));
  await traffic.write(traffic.requests(30, { table: TABLE, atMs: Date.now() - 3 * 86_400_000 }));
  await runner.query(
    `INSERT INTO signalbox.trace_batch (batch_id, written_at, requests, quarantined, refused, tokens) VALUES (gen_random_uuid(), now(), 3, 0, 0, 3)`,
  );
  expect(await followed()).toBe(before);
  await runner.commitTransaction();
  await runner.release();
  await until(async () => (await followed()) - before === 130, 120_000);
  await traffic.write(traffic.requests(7, { table: TABLE }));
  await until(async () => (await followed()) - before === 137, 120_000);
  const streams = await new DetectorStates(store).ofRelease(RELEASE);
  expect(streams).toHaveLength(LAYERS);
  expect(streams.map(({ requests }) => requests)).toEqual(streams.map(() => streams[0]!.requests));
});

test('another watch takes over; nothing is saved from a watermark that has moved; a restored dump begins anew', async () => {
  const states = new DetectorStates(store);
  task = follow();
  await until(async () => (await followed()) === 0, 120_000);
  const second = follow();
  await task.stop();
  const { watermark } = (await states.progress())!;
  const traffic = new RecordedTraffic(store, 7);
  await traffic.write(traffic.requests(20, { table: TABLE }));
  await until(async () => BigInt((await states.progress())!.watermark.xid) > BigInt(watermark.xid), 120_000);
  await second.stop();
  const saving = store.transaction((manager) => states.advance(manager, watermark, { xid: '9', sequence: '9' }, 1, Date.now()));
  await expect(saving).rejects.toThrow('its watermark has moved');
  // As in a database whose dump came from a server with far more transactions.
  await store.query(`UPDATE signalbox.detection_progress SET xid = '99999999'`);
  await store.query(`UPDATE signalbox.trace_batch SET xid = '99999998'`);
  task = follow();
  await until(async () => Number((await states.progress())!.watermark.xid) < 99_999_999, 120_000);
  const begun = (await states.progress())!.watermark;
  await traffic.write(traffic.requests(20, { table: TABLE }));
  await until(async () => BigInt((await states.progress())!.watermark.xid) > BigInt(begun.xid), 120_000);
});
