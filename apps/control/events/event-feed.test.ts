import { setImmediate as turn } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type ChangeMarks, type Mark, MARKS } from '#libs/store/overview/change-marks';
import { EventFeed } from './event-feed.ts';
import { DEFAULT_EVENT_LIMITS } from './event-limits.ts';
import { EventStream } from './event-stream.ts';

const marks = (over: Partial<Record<Mark, string>> = {}): ChangeMarks => ({ auditId: 1, auditAreas: [], marks: { ...(Object.fromEntries(MARKS.map((mark) => [mark, ''])) as Record<Mark, string>), ...over } });
const CALLER = { accountId: 'user:1', tenant: null };

let now: ChangeMarks;
let looks: number;
let isAllowed: boolean;
let feed: EventFeed;

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(['error']));
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] });
  now = marks();
  looks = 0;
  isAllowed = true;
  feed = new EventFeed({ read: async () => ((looks += 1), now) }, { ...DEFAULT_EVENT_LIMITS, streams: 3, streamsOfAccount: 2 });
});
afterEach(() => vi.useRealTimers());

const listen = (over: Partial<Parameters<EventFeed['listen']>[0]> = {}) => feed.listen({ caller: CALLER, after: null, isAllowed: async () => isAllowed, ...over });
const read = (stream: EventStream): string => ((stream.body.read() as Buffer | null)?.toString() ?? '');
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await turn();
}

it('looks once for all who listen, and only while somebody does', async () => {
  const [one, two] = [await listen(), await listen({ caller: { accountId: 'user:2', tenant: 'acme' } })];
  expect(looks).toBe(1);
  expect(read(one)).toMatch(/^event: ready\nid: \S+\ndata: \{"tags":\[\]\}\n\n$/);
  read(two);
  now = marks({ alerts: '1' });
  await pass(1000);
  expect(looks).toBe(2);
  expect(read(one)).toContain('data: {"tags":["alerts","events"]}');
  expect(read(two)).toBe('');
  for (const stream of [one, two]) stream.body.destroy();
  await pass(10_000);
  expect([looks, feed.listeners]).toEqual([2, 0]);
});

it('sends a sign of life each 15 s', async () => {
  const stream = await listen();
  read(stream);
  await pass(15_000);
  expect(read(stream)).toBe(': still here\n\n');
});

it('tells at once what changed since the last event', async () => {
  const stream = await listen();
  const id = /id: (\S+)/.exec(read(stream))![1]!;
  now = marks({ changes: '4' });
  await pass(1000);
  expect(read(await listen({ after: id }))).toContain('{"tags":["changes","events"]}');
});

it('ends for who may listen no more: within the check, or at once where access changed', async () => {
  const stream = await listen();
  isAllowed = false;
  await pass(1000);
  expect(stream.isOpen).toBe(true);
  await pass(9000);
  expect(stream.isOpen).toBe(false);
  const other = await listen();
  now = { ...marks(), auditId: 2, auditAreas: ['session'] };
  await pass(1000);
  expect(other.isOpen).toBe(false);
});

it('refuses more than it holds, of an account and in all', async () => {
  const streams = [await listen(), await listen()];
  await expect(listen()).rejects.toMatchObject({ status: 429, detail: expect.stringContaining('2 streams of an account') });
  streams.push(await listen({ caller: { accountId: 'user:2', tenant: null } }));
  await expect(listen({ caller: { accountId: 'user:3', tenant: null } })).rejects.toMatchObject({ status: 429, detail: expect.stringContaining('3 streams') });
  streams[0]!.body.destroy();
  await turn();
  expect((await listen()).isOpen).toBe(true);
});

it('outlasts an outage of the database, and leaves nothing behind where it cannot begin', async () => {
  const stream = await listen();
  read(stream);
  const failing = vi.spyOn(feed['marks'], 'read').mockRejectedValue(new Error('away'));
  await pass(5000);
  expect(failing).toHaveBeenCalledTimes(5);
  failing.mockRestore();
  now = marks({ activation: '2' });
  await pass(1000);
  expect(read(stream)).toContain('models');
  stream.body.destroy();
  await turn();
  vi.spyOn(feed['marks'], 'read').mockRejectedValue(new Error('away'));
  await expect(listen()).rejects.toThrow('away');
  await turn();
  expect(feed.listeners).toBe(0);
});

it('ends all when the server stops, and takes no more', async () => {
  const stream = await listen();
  feed.onModuleDestroy();
  expect(stream.isOpen).toBe(false);
  await expect(listen()).rejects.toMatchObject({ status: 503 });
});

it('cuts off a client that takes nothing', () => {
  const stream = new EventStream(1000);
  let sent = 0;
  while (stream.isOpen && sent < 1000) {
    stream.comment('x'.repeat(50));
    sent += 1;
  }
  expect([stream.isOpen, sent <= 21]).toEqual([false, true]);
});
