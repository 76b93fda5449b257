import { Client } from 'pg';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type CaptureJob } from '#libs/contract/capture/request-record';
import { type CaptureConsumer, type CaptureQueue } from '#libs/queue/capture-queue';
import { connectCaptureQueue } from '#libs/queue/connect';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { until } from '../harness/until.ts';

const JOB: CaptureJob = {
  version: 1,
  batchId: '00000000-0000-4000-8000-000000000001',
  requests: 3, transport: 'spool', directory: '/spool/writer', file: '1.batch', bytes: 1000, sha256: 'ab'.repeat(32),
};
const WAIT = { timeout: 120_000, interval: 50 };

let server: TestPostgres;
let databaseUrl: string;
let queue: CaptureQueue;
/** Errors that nobody listened to: each would have ended a process of ours. */
const fatal: Error[] = [];
const noteFatal = (error: Error): void => void fatal.push(error);
let listeners: NodeJS.UncaughtExceptionListener[] = [];

beforeEach(async () => {
  fatal.length = 0;
  listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', noteFatal);
  server = await startPostgres();
  databaseUrl = await server.createDatabase();
  queue = connectCaptureQueue({ databaseUrl, redisUrl: null });
  await queue.prepare();
});
afterEach(async () => {
  await server?.stop();
  process.off('uncaughtException', noteFatal);
  for (const listener of listeners) process.on('uncaughtException', listener);
});

/**
 * Kills the server while a statement waits for a table of the queue, as it does for a moment when a queue is opened.
 * What waits dies first: of a server that dies as a whole, the holder may let go in time for it to succeed.
 */
async function killWhileWaiting(table: string, begin: () => void): Promise<void> {
  const holder = new Client({ connectionString: databaseUrl });
  holder.on('error', () => undefined);
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  begin();
  let waiting: number[] = [];
  await until(async () => {
    waiting = (await holder.query<{ pid: number }>('SELECT pid FROM pg_locks WHERE NOT granted')).rows.map((row) => row.pid);
    return waiting.length === 1;
  }, 120_000, () => `nothing waits for ${table}`);
  for (const pid of waiting) process.kill(pid, 'SIGKILL');
  server.kill();
  await holder.end().catch(() => undefined);
}

it.each(['bullmq.migration', 'bullmq.job'])('a server that dies while a producer waits for %s ends no process, and is used again', async (table) => {
  const producer = queue.producer();
  try {
    let outcome: Promise<unknown> = Promise.resolve();
    await killWhileWaiting(table, () => {
      outcome = producer.add([JOB]).then(() => 'taken', (error: unknown) => error);
    });
    expect(await outcome).toMatchObject({ name: 'QueueAwayError' });
    await server.start();
    await vi.waitFor(() => producer.add([JOB]), WAIT);
    expect(fatal).toEqual([]);
  } finally {
    await producer.close();
  }
});

it('a server that dies while a consumer opens the queue ends no process, and is used again', async () => {
  const got: string[] = [];
  let ready: Promise<void> = Promise.resolve();
  let consumer: CaptureConsumer | null = null;
  const producer = queue.producer();
  try {
    await killWhileWaiting('bullmq.migration', () => {
      consumer = queue.consume(async ({ job }) => void got.push(job.batchId), { concurrency: 1, onError: () => undefined });
      ready = consumer.ready();
    });
    await server.start();
    await ready;
    await vi.waitFor(() => producer.add([JOB]), WAIT);
    await vi.waitFor(() => expect(got).toEqual([JOB.batchId]), WAIT);
    expect(fatal).toEqual([]);
  } finally {
    await producer.close();
    await (consumer as CaptureConsumer | null)?.close(1000);
  }
});
