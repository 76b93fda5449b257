import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { type DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Notification } from '#libs/alerting/notify/notification';
import { connectDeliveryQueue } from '#libs/queue/connect';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { hasRedis, startRedis, type TestRedis } from '../fixtures/redis.ts';
import { seededRandom } from '../harness/random.ts';
import { until } from '../harness/until.ts';
import { openStore } from '../store/store.fixture.ts';
import { addReceiver, enqueue, newSigningSecret, notificationOf, SECRET_KEY } from './delivery.fixture.ts';
import { type Answer, LocalReceiver, type Told } from './local-receiver.ts';

const KILLS = 20;
const GROUPS = 6;
const EPISODES = 8;
const TIMEOUT_MS = 700;
/** For receivers that do answer, sooner or later. */
const PATIENT_MS = 60_000;
/** Half of the attempts that a notification has. */
const MAX_FAILURES = 5;

let postgres: TestPostgres;
let redis: TestRedis | null = null;
beforeAll(async () => {
  postgres = await startPostgres();
  if (hasRedis) redis = await startRedis();
});
afterAll(async () => {
  await postgres?.stop();
  await redis?.stop();
});

let store: DataSource;
let databaseUrl: string;
const receivers: LocalReceiver[] = [];
let child: ChildProcess | null = null;
beforeEach(async () => {
  databaseUrl = await postgres.createDatabase();
  store = await openStore(databaseUrl);
});
afterEach(async () => {
  await kill();
  for (const receiver of receivers.splice(0)) await receiver.stop();
  await store.destroy();
});

async function kill(): Promise<void> {
  const ending = child;
  child = null;
  if (!ending || ending.exitCode !== null) return;
  const ended = once(ending, 'exit');
  ending.kill('SIGKILL');
  await ended;
}

/** @param scheduleScale the three days of the schedule become four minutes by default: longer than a receiver is away, however slow the machine */
async function startWorker(redisUrl: string | null, { scheduleScale = 0.001, timeoutMs = PATIENT_MS } = {}): Promise<void> {
  child = fork(fileURLToPath(new URL('./worker-child.ts', import.meta.url)), {
    execArgv: ['--conditions=development', '--experimental-transform-types', '--disable-warning=ExperimentalWarning'],
    env: { ...process.env, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl ?? '', SCHEDULE_SCALE: String(scheduleScale), ATTEMPT_TIMEOUT_MS: String(timeoutMs), SECRET_KEY: SECRET_KEY.toString('base64') },
  });
  await once(child, 'message');
}

async function webhook(name: string, answer: (told: Told) => Answer): Promise<{ readonly local: LocalReceiver; readonly id: string }> {
  const local = new LocalReceiver(answer);
  await local.start();
  receivers.push(local);
  local.secret = newSigningSecret();
  const { id } = await addReceiver(store, name, { kind: 'webhook', url: local.url }, { signing: local.secret });
  return { local, id };
}

/** The queue is gone, as after a loss of Redis without its files. */
async function flush(url: string): Promise<void> {
  const client = new Redis(url);
  await client.flushall();
  await client.quit();
}

const states = async (receiverId: string): Promise<Readonly<Record<string, number>>> => {
  const rows: { state: string; n: number }[] = await store.query('SELECT state, count(*)::int AS n FROM signalbox.notification WHERE receiver_id = $1 GROUP BY state', [receiverId]);
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
};

/** First arrivals of a group must come in the order of its sequence; repeats are of what came last or before. */
function expectOrder(arrived: readonly Told[]): void {
  const newest = new Map<string, number>();
  for (const { groupKey, sequence } of arrived) {
    const last = newest.get(groupKey) ?? 0;
    expect(sequence, `${groupKey} after ${last}`).toBeLessThanOrEqual(last + 1);
    newest.set(groupKey, Math.max(last, sequence));
  }
}

/** Once one was taken, nothing before it comes again. */
function expectNothingOldTaken(taken: readonly Told[]): void {
  const newest = new Map<string, number>();
  for (const { groupKey, sequence } of taken) {
    expect(sequence).toBeGreaterThanOrEqual(newest.get(groupKey) ?? 0);
    newest.set(groupKey, sequence);
  }
}

const backends: [string, boolean, () => string | null][] = [
  ['PostgreSQL', true, () => null],
  ['Redis', hasRedis, () => redis?.url ?? null],
];

for (const [name, isThere, redisUrl] of backends) {
  describe.skipIf(!isThere)(`deliveries under fault, queue on ${name}${isThere ? '' : ' (skipped: no redis-server on PATH)'}`, () => {
    it(`tells of every episode and its end, in order, although receivers fail and the worker is killed ${KILLS} times`, async () => {
      const random = seededRandom(name.length);
      const failures = new Map<string, number>();
      const failing = ({ id }: Told): Answer => {
        const draw = random();
        const failed = failures.get(id) ?? 0;
        if (draw >= 0.25 || failed === MAX_FAILURES) return { status: 204 };
        failures.set(id, failed + 1);
        if (draw < 0.15) return { status: 500 };
        if (draw < 0.2) return 'never';
        return 'hang-up';
      };
      const flaky = await webhook('flaky', failing);
      const away = await webhook('away', () => ({ status: 200 }));
      const steady = await webhook('steady', () => ({ status: 200 }));
      await connectDeliveryQueue({ databaseUrl, redisUrl: redisUrl() }).prepare();
      await away.local.stop();

      const told: Notification[] = [];
      const both = [flaky.id, away.id, steady.id];
      let kills = 0;
      for (let episode = 0; episode < EPISODES; episode++) {
        for (const status of ['firing', 'resolved'] as const) {
          for (let group = 0; group < GROUPS; group++) for (const id of both) told.push(await enqueue(store, notificationOf(id, `group-${group}`, episode, status)));
        }
        for (; kills < (KILLS * (episode + 1)) / EPISODES; kills++) {
          await startWorker(redisUrl(), { timeoutMs: TIMEOUT_MS });
          await pause(150 + random() * 500);
          await kill();
        }
        if (episode === 2) await away.local.start();
        if (episode === 4 && redisUrl() !== null) await redis!.kill().then(() => redis!.start());
        if (episode === 5 && redisUrl() !== null) await flush(redisUrl()!);
      }
      expect(kills).toBe(KILLS);
      await startWorker(redisUrl(), { timeoutMs: TIMEOUT_MS });
      const done = async (): Promise<boolean> => (await Promise.all(both.map(states))).every((state) => Object.keys(state).join() === 'delivered');
      let seen: unknown;
      await until(async () => (await done()) || ((seen = await Promise.all(both.map(states))), false), 150_000, () => `not all are delivered: ${JSON.stringify(seen)}`);

      for (const { local, id } of [flaky, away, steady]) {
        expect(local.faults).toEqual([]);
        const mine = told.filter(({ receiverId }) => receiverId === id);
        const taken = new Set(local.taken.map((one) => one.id));
        expect(mine.filter((one) => !taken.has(one.id)), 'lost').toEqual([]);
        expectOrder(local.arrived);
        expectNothingOldTaken(local.taken);
        for (const status of ['firing', 'resolved']) {
          const episodes = new Set(local.taken.filter((one) => one.status === status).flatMap(({ fingerprints }) => fingerprints));
          expect(episodes.size).toBe(GROUPS * EPISODES);
        }
      }
      const [{ attempts, failed }] = (await store.query(`SELECT count(*)::int AS attempts, count(*) FILTER (WHERE outcome <> 'delivered')::int AS failed FROM signalbox.delivery_attempt`)) as [{ attempts: number; failed: number }];
      const taken = [flaky, away, steady].reduce((sum, { local }) => sum + local.taken.length, 0);
      console.info(`queue on ${name}: ${told.length} notifications, ${kills} kills, ${attempts} recorded attempts (${failed} failed), ${taken} taken of which ${taken - told.length} twice, none lost, none out of order`);
    });
  });
}

describe('what a receiver answers', () => {
  it('410 switches it off and makes dead letters of what waits, audited', async () => {
    const gone = await webhook('gone', () => ({ status: 410 }));
    for (let episode = 0; episode < 3; episode++) await enqueue(store, notificationOf(gone.id, 'g', episode, 'firing'));
    await connectDeliveryQueue({ databaseUrl, redisUrl: null }).prepare();
    await startWorker(null);
    await until(async () => (await states(gone.id))['dead'] === 3, 120_000);
    expect(gone.local.arrived).toHaveLength(1);
    expect(await store.query('SELECT disabled_reason FROM signalbox.receiver')).toEqual([{ disabled_reason: 'gone' }]);
    expect(await store.query('SELECT actor, action, subject FROM signalbox.audit_entry')).toEqual([{ actor: 'system', action: 'receiver.disable', subject: `receiver/${gone.id}` }]);
    await enqueue(store, notificationOf(gone.id, 'g', 3, 'firing'));
    expect(await states(gone.id)).toEqual({ dead: 4 });
  });

  it('a redirect is a failure and is not followed, whatever it leads to', async () => {
    const within = await webhook('within', () => ({ status: 200 }));
    const redirecting = await webhook('redirecting', () => ({ status: 302, location: 'http://169.254.169.254/latest/meta-data' }));
    const looping = await webhook('looping', () => ({ status: 307, location: within.local.url }));
    for (const { id } of [redirecting, looping]) await enqueue(store, notificationOf(id, 'g', 0, 'firing'));
    await connectDeliveryQueue({ databaseUrl, redisUrl: null }).prepare();
    await startWorker(null, { scheduleScale: 0.00001 });
    await until(async () => (await states(redirecting.id))['dead'] === 1 && (await states(looping.id))['dead'] === 1, 120_000);
    expect(within.local.arrived).toEqual([]);
    expect(redirecting.local.arrived).toHaveLength(10);
    expect(await store.query(`SELECT DISTINCT status, outcome, reason FROM signalbox.delivery_attempt WHERE status = 302 ORDER BY outcome`)).toEqual([
      { status: 302, outcome: 'given-up', reason: 'attempts-used' }, { status: 302, outcome: 'retry', reason: 'not-2xx' },
    ]);
  });

  it('an address that is not public is never connected to', async () => {
    const secret = newSigningSecret();
    const { id } = await addReceiver(store, 'inner', { kind: 'webhook', url: 'http://10.0.0.1/hook' }, { signing: secret });
    await enqueue(store, notificationOf(id, 'g', 0, 'firing'));
    await connectDeliveryQueue({ databaseUrl, redisUrl: null }).prepare();
    await startWorker(null);
    await until(async () => (await states(id))['dead'] === 1, 120_000);
    expect(await store.query('SELECT outcome, reason, status FROM signalbox.delivery_attempt')).toEqual([{ outcome: 'given-up', reason: 'blocked-address', status: null }]);
  });
});
