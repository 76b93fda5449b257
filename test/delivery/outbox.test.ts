import { type DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type DeliveryDecision } from '#libs/alerting/notify/retry-schedule';
import { SecretBox } from '#libs/platform/secrets/secret-box';
import { migrate, revert } from '#libs/store/data-source';
import { type AttemptRecord, Deliveries, MAX_AT_ONCE } from '#libs/store/receivers/deliveries';
import { NotificationLog, replayNotification } from '#libs/store/receivers/notification-log';
import { NoSuchReceiverError } from '#libs/store/receivers/outbox';
import { exists, Receivers, resealReceiver } from '#libs/store/receivers/receivers';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { openStore } from '../store/store.fixture.ts';
import { addReceiver, enqueue, newSigningSecret, notificationOf, SECRET_KEY } from './delivery.fixture.ts';

const LEASE_MS = 10_000;
const DELIVERED: DeliveryDecision = { decision: 'delivered' };
const NOT_YET: DeliveryDecision = { decision: 'retry', reason: 'not-2xx', afterMs: 60_000 };
const attempt = (status: number): AttemptRecord => ({ atMs: Date.now(), durationMs: 3, status, error: null, response: null });
const noSpacing = (): number => 0;

let server: TestPostgres;
let store: DataSource;
let deliveries: Deliveries;
let receiverId: string;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());
beforeEach(async () => {
  store = await openStore(await server.createDatabase());
  deliveries = new Deliveries(store);
  receiverId = (await addReceiver(store, 'hook', { kind: 'webhook', url: 'https://h.example.com' }, { signing: newSigningSecret() })).id;
});
afterEach(() => store.destroy());

const add = (group: string, episode = 0) => enqueue(store, notificationOf(receiverId, group, episode, 'firing'));
const claim = (id: string, atMs = Date.now() + 1000, spacing = noSpacing) => deliveries.claim(id, atMs, LEASE_MS, spacing);
const dueIds = async (atMs = Date.now() + 1000): Promise<readonly string[]> => (await deliveries.due(atMs, 100)).map(({ notificationId }) => notificationId);
const stateOf = async (id: string) => (await new NotificationLog(store).find(id))?.state;

it('gives sequences without gaps to many writers at once, also where some roll back', async () => {
  const writers = Array.from({ length: 30 }, async (_, at) => {
    if (at % 3 !== 0) return (await add('g', at)).sequence;
    await store.transaction(async (manager) => {
      await manager.query('SELECT 1');
      const { enqueueNotification } = await import('#libs/store/receivers/outbox');
      await enqueueNotification(manager, notificationOf(receiverId, 'g', at, 'firing'));
      throw new Error('rolled back');
    }).catch(() => undefined);
    return null;
  });
  const given = (await Promise.all(writers)).filter((sequence) => sequence !== null).toSorted((a, b) => a - b);
  expect(given).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
  expect((await add('other')).sequence).toBe(1);
});

it('goes with the transaction that it is part of, and needs a receiver', async () => {
  await expect(enqueue(store, notificationOf('0197280f-6000-7000-8000-000000000001', 'g', 0, 'firing'))).rejects.toThrow(NoSuchReceiverError);
  await expect(enqueue(store, notificationOf('no-uuid', 'g', 0, 'firing'))).rejects.toThrow(NoSuchReceiverError);
  await expect(add('g'.repeat(2001))).rejects.toThrow(/groupKey is longer/);
  expect(await exists(store.manager, receiverId)).toBe(true);
  expect(await exists(store.manager, 'no-uuid')).toBe(false);
});

it('keeps what is beyond the limit as dead letters, with the reason', async () => {
  const made = [];
  for (let at = 0; at < 4; at++) made.push(await enqueue(store, notificationOf(receiverId, `g${at}`, 0, 'firing'), 3));
  expect(await Promise.all(made.map(({ id }) => stateOf(id)))).toEqual(['waiting', 'waiting', 'waiting', 'dead']);
  expect((await new NotificationLog(store).find(made[3]!.id))?.failure).toBe('outbox-full');
  expect(await deliveries.figures()).toMatchObject({ waiting: 3, dead: 1 });
});

it('offers only the first of each group, and of one receiver only so many', async () => {
  const first = await add('g');
  const second = await add('g', 1);
  expect(await dueIds()).toEqual([first.id]);
  expect(await claim(second.id)).toBeNull();
  const held = await claim(first.id);
  expect(held).toMatchObject({ attempt: 1, claims: 1 });
  expect(await claim(first.id)).toBeNull();
  expect(await dueIds()).toEqual([]);
  await deliveries.finish(held!, attempt(500), NOT_YET, Date.now());
  expect(await dueIds()).toEqual([]);
  expect(await dueIds(Date.now() + 61_000)).toEqual([first.id]);
  for (let at = 0; at < 8; at++) await add(`other-${at}`);
  expect(await dueIds()).toHaveLength(MAX_AT_ONCE);
});

it('lets another try when a lease has ended, and the one who lost it decides nothing', async () => {
  const { id } = await add('g');
  const lost = await claim(id);
  const later = Date.now() + 2 * LEASE_MS;
  expect(await dueIds(later)).toEqual([id]);
  const held = await claim(id, later);
  expect(held).toMatchObject({ claims: 2 });
  expect(await deliveries.finish(lost!, attempt(200), DELIVERED, Date.now())).toBe(false);
  expect(await stateOf(id)).toBe('waiting');
  expect(await deliveries.finish(held!, attempt(200), DELIVERED, Date.now())).toBe(true);
  expect(await stateOf(id)).toBe('delivered');
  expect(await new NotificationLog(store).attempts(id)).toHaveLength(2);
});

it('tries what waits at once when the receiver takes something again', async () => {
  const [failing, fine] = [await add('failing'), await add('fine')];
  await deliveries.finish((await claim(failing.id))!, attempt(503), NOT_YET, Date.now());
  expect(await dueIds()).toEqual([fine.id]);
  await deliveries.finish((await claim(fine.id))!, attempt(200), DELIVERED, Date.now());
  expect(await dueIds()).toEqual([failing.id]);
});

it('keeps the space between two messages that a kind asks for, over all workers', async () => {
  const [one, two] = [await add('a'), await add('b')];
  const nowMs = Date.now() + 1000;
  const spacing = (): number => 1000;
  const taken = await Promise.all([one, two].map(({ id }) => deliveries.claim(id, nowMs, LEASE_MS, spacing)));
  expect(taken.filter((held) => held !== null)).toHaveLength(1);
  const waiting = taken[0] === null ? one.id : two.id;
  expect(await dueIds(nowMs + 999)).toEqual([]);
  expect(await dueIds(nowMs + 1000)).toEqual([waiting]);
  expect(await deliveries.claim(waiting, nowMs + 1000, LEASE_MS, spacing)).not.toBeNull();
});

it('replays dead letters with the same id, and not past what was told since', async () => {
  const [first, second] = [await add('g'), await add('g', 1)];
  await deliveries.finish((await claim(first.id))!, attempt(500), { decision: 'give-up', reason: 'attempts-used' }, Date.now());
  const replay = (evenSuperseded: boolean) => store.transaction((manager) => replayNotification(manager, first.id, Date.now(), evenSuperseded));
  await deliveries.finish((await claim(second.id))!, attempt(200), DELIVERED, Date.now());
  expect(await replay(false)).toEqual({ replay: false, reason: 'superseded' });
  expect(await replay(true)).toEqual({ replay: true });
  expect((await claim(first.id))?.notification).toEqual(first);
});

it('deletes what ended long ago, and nothing that waits', async () => {
  const [old, waiting] = [await add('a'), await add('b')];
  const held = (await claim(old.id))!;
  const endedAtMs = Date.now();
  await deliveries.finish(held, { ...attempt(200), atMs: endedAtMs }, DELIVERED, endedAtMs);
  expect(await deliveries.purge(endedAtMs, 100)).toBe(0);
  expect(await deliveries.purge(endedAtMs + 1, 100)).toBeGreaterThan(0);
  expect(await stateOf(old.id)).toBeUndefined();
  expect(await stateOf(waiting.id)).toBe('waiting');
});

it('seals secrets with another key without anyone noticing, unless they were changed meanwhile', async () => {
  const receivers = new Receivers(store);
  const before = (await receivers.find(receiverId))!;
  const box = new SecretBox([Buffer.alloc(32, 9), SECRET_KEY]);
  const { sealed, keyId } = box.seal(`receiver/${receiverId}`, { signing: 'x' });
  await resealReceiver(store.manager, { id: receiverId, generation: 7 }, { secrets: sealed, secretsKey: keyId });
  expect((await receivers.find(receiverId))?.secretsKey).toBe(before.secretsKey);
  await resealReceiver(store.manager, before, { secrets: sealed, secretsKey: keyId });
  expect(await receivers.find(receiverId)).toMatchObject({ secretsKey: keyId, generation: 1 });
});

it('the migration goes back and forth with rows', async () => {
  await add('g');
  const own = store.migrations.findIndex(({ name }) => name === 'Receivers1795219200021');
  await revert(store, store.migrations.length - own);
  expect(await store.query(`SELECT to_regclass('signalbox.notification') AS there`)).toEqual([{ there: null }]);
  await store.query(`INSERT INTO signalbox.audit_entry (at, actor, action, subject, detail) VALUES (now(), 'user:1', 'key.create', 'key/1', '{}')`);
  await migrate(store);
  expect(await deliveries.figures()).toEqual({ waiting: 0, oldestAtMs: null, dead: 0 });
});
