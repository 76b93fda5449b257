import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '#libs/alerting/notify/policy';
import { type Reading } from '#libs/detection/reading/reading';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { seededRandom } from '../harness/random.ts';
import { until } from '../harness/until.ts';
import { openStore } from '../store/store.fixture.ts';
import { addReceiver, saveReadings, told } from './alert-fixture.ts';

/** At least. */
const KILLS = 20;
const ENOUGH_EPISODES = 20;
const LAYERS = 6;
const RELEASE = 'a'.repeat(64);

let postgres: TestPostgres;
let dataSource: DataSource;
let url: string;
let receivers: readonly string[];
let child: ChildProcess | null = null;
const random = seededRandom(4);

beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.createDatabase();
  dataSource = await openStore(url);
  receivers = [await addReceiver(dataSource, 'by release'), await addReceiver(dataSource, 'by layer')];
  const timing = { groupWaitMs: 0, groupIntervalMs: 0, repeatIntervalMs: 3_600_000 };
  const route = { matchers: [{ label: 'signal', is: 'not-equal', value: 'watchdog' }], timing: null } as const;
  const policy = { ...DEFAULT_POLICY, timing, routes: [{ ...route, name: 'release', receivers: [receivers[0]], groupBy: ['release'], continues: true }, { ...route, name: 'layer', receivers: [receivers[1]], groupBy: ['layer'], continues: false }] };
  await dataSource.query(`INSERT INTO signalbox.notification_policy (id, document, generation, updated_by, updated_at) VALUES (1, $1, 1, 'test', now())`, [JSON.stringify(policy)]);
  await dataSource.query(`UPDATE signalbox.alert_rule SET document = jsonb_set(document, '{timing}', '{"forMs": 0, "keepFiringForMs": 0, "noDataAfterMs": 86400000}')`);
});

afterAll(async () => {
  await kill();
  await dataSource?.destroy();
  await postgres?.stop();
});

async function kill(): Promise<void> {
  const ending = child;
  child = null;
  if (!ending || ending.exitCode !== null) return;
  const ended = once(ending, 'exit');
  ending.kill('SIGKILL');
  await ended;
}

async function start(): Promise<void> {
  child = fork(fileURLToPath(new URL('./evaluator-child.ts', import.meta.url)), {
    execArgv: ['--conditions=development', '--experimental-transform-types', '--disable-warning=ExperimentalWarning'],
    env: { PATH: process.env['PATH'], DATABASE_URL: url },
  });
  await once(child, 'message');
}

const reading = (layer: number, value: number): Reading => ({ signal: 'router-shift', labels: { model: 'toy', release: RELEASE, layer: String(layer) }, atMs: Date.now(), value, interval: null, alarm: value > 0, evidence: null, detail: {} });
const episodesSoFar = async (): Promise<number> => Number((await dataSource.query(`SELECT count(*) FROM signalbox.alert_episode WHERE signal <> 'watchdog'`))[0].count);
/** Each layer is quiet, bad or worse. */
const draw = (): readonly Reading[] => Array.from({ length: LAYERS }, (_, layer) => reading(layer, [0, 0.004, 0.05][Math.floor(random() * 3)]!));

it(`tells of every episode and of its end, in order, though the evaluator is killed ${KILLS} times`, async () => {
  // Where the machine is busy, few rounds fall between two kills.
  for (let killed = 0; killed < KILLS || (await episodesSoFar()) <= ENOUGH_EPISODES; killed += 1) {
    await start();
    const moments = 1 + Math.floor(random() * 12);
    for (let moment = 0; moment < moments; moment += 1) {
      await saveReadings(dataSource, draw());
      // At an arbitrary place of a round: the pause has nothing to do with the child's.
      await new Promise((resolve) => setTimeout(resolve, random() * 60));
    }
    await kill();
  }
  await saveReadings(dataSource, Array.from({ length: LAYERS }, (_, layer) => reading(layer, 0)));
  await start();
  await until(async () => (await dataSource.query(`SELECT 1 FROM signalbox.alert WHERE state <> 'normal' AND signal <> 'watchdog'`)).length === 0, 120_000);
  await kill();

  const episodes: { fingerprint: string; ended_at: Date | null; series: string; episode: number }[] = await dataSource.query(`SELECT fingerprint, ended_at, series, episode FROM signalbox.alert_episode WHERE signal <> 'watchdog'`);
  expect(episodes.length).toBeGreaterThan(ENOUGH_EPISODES);
  expect(episodes.filter(({ ended_at }) => ended_at === null)).toEqual([]);
  for (const receiver of receivers) {
    const notifications = await told(dataSource, receiver);
    const last = new Map<string, number>();
    const open = new Set<string>();
    const ended = new Set<string>();
    for (const { groupKey, sequence, alerts } of notifications) {
      expect(sequence).toBe((last.get(groupKey) ?? 0) + 1);
      last.set(groupKey, sequence);
      for (const { fingerprint, status } of alerts) {
        expect(ended.has(fingerprint), 'told of after its end').toBe(false);
        if (status === 'firing') open.add(fingerprint);
        else {
          expect(open.delete(fingerprint), 'ended before it began').toBe(true);
          ended.add(fingerprint);
        }
      }
    }
    expect([...open]).toEqual([]);
    expect(ended).toEqual(new Set(episodes.map(({ fingerprint }) => fingerprint)));
    process.stdout.write(`alerts under kill -9: ${KILLS} kills, ${episodes.length} episodes, ${notifications.length} notifications of ${last.size} groups, all told and resolved\n`);
  }
  const series = Map.groupBy(episodes, (one) => one.series);
  for (const own of series.values()) expect(own.map(({ episode }) => episode).toSorted((a, b) => a - b)).toEqual(own.map((_, index) => index + 1));
  expect(await dataSource.query('SELECT count(*)::int AS n FROM signalbox.alert_group')).toEqual([{ n: 0 }]);
});
