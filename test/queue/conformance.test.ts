import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CaptureJob } from '#libs/contract/capture/request-record';
import { type CaptureConsumer, type CaptureDelivery, type CaptureHandler, type CaptureProducer, type CaptureQueue } from '#libs/queue/capture-queue';
import { connectCaptureQueue, type QueueConfig } from '#libs/queue/connect';
import { startPostgres } from '../fixtures/postgres.ts';
import { hasRedis, startRedis } from '../fixtures/redis.ts';

interface Server {
  kill(): void | Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}
interface Backend {
  readonly server: Server;
  readonly config: QueueConfig;
}

async function postgresBackend(): Promise<Backend> {
  const server = await startPostgres({ fsync: true });
  return { server, config: { databaseUrl: await server.createDatabase(), redisUrl: null } };
}

async function redisBackend(): Promise<Backend> {
  const server = await startRedis();
  return { server, config: { databaseUrl: '', redisUrl: server.url } };
}

const jobOf = (number: number): CaptureJob => ({
  version: 1,
  batchId: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
  requests: 3, transport: 'spool', directory: '/spool/writer', file: `${number}.batch`, bytes: 1000 + number, sha256: 'ab'.repeat(32),
});
const jobsOf = (from: number, count: number) => Array.from({ length: count }, (_, i) => jobOf(from + i));
const WAIT = { timeout: 120_000, interval: 50 };

const backends: [string, boolean, () => Promise<Backend>][] = [
  ['PostgreSQL', true, postgresBackend],
  ['Redis', hasRedis, redisBackend],
];

for (const [name, isThere, start] of backends) {
  const title = isThere ? `capture queue on ${name}` : `capture queue on ${name} (skipped: no redis-server on PATH)`;
  describe.skipIf(!isThere)(title, () => {
    let backend: Backend;
    let queue: CaptureQueue;
    const producers: CaptureProducer[] = [];
    const consumers: CaptureConsumer[] = [];
    let nextNumber = 1;

    beforeAll(async () => {
      backend = await start();
      queue = connectCaptureQueue(backend.config);
      await queue.prepare();
    });
    afterEach(async () => {
      for (const consumer of consumers.splice(0)) await consumer.close(5000);
      for (const producer of producers.splice(0)) await producer.close();
    });
    afterAll(() => backend?.server.stop());

    const produce = (): CaptureProducer => {
      const producer = queue.producer();
      producers.push(producer);
      return producer;
    };
    const consume = (handler: CaptureHandler, concurrency = 4): CaptureConsumer => {
      const consumer = queue.consume(handler, { concurrency, onError: () => undefined });
      consumers.push(consumer);
      return consumer;
    };
    const freshJobs = (count: number): CaptureJob[] => {
      nextNumber += count;
      return jobsOf(nextNumber - count, count);
    };

    it('prepares twice without harm, and delivers each job whole, with its trace context', async () => {
      await queue.prepare();
      const jobs = freshJobs(120);
      const got: CaptureDelivery[] = [];
      await produce().add(jobs, '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
      await consume(async (delivery) => void got.push(delivery)).ready();
      await vi.waitFor(() => expect(got).toHaveLength(jobs.length), WAIT);
      const byId = new Map(got.map((delivery) => [delivery.job.batchId, delivery]));
      for (const job of jobs) {
        expect(byId.get(job.batchId)).toEqual({ job, attempt: 1, traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
      }
    });

    it('ignores a batch id that is queued already, and takes it again once it is done', async () => {
      const [job, last] = freshJobs(2) as [CaptureJob, CaptureJob];
      const producer = produce();
      for (let i = 0; i < 5; i++) await producer.add([job]);
      await producer.add([last]);
      const got: string[] = [];
      consume(async (delivery) => void got.push(delivery.job.batchId), 1);
      await vi.waitFor(() => expect(got).toContain(last.batchId), WAIT);
      expect(got).toEqual([job.batchId, last.batchId]);
      // The spool may hand over a batch again after its job ended: it must not be swallowed.
      await vi.waitFor(async () => {
        await producer.add([job]);
        expect(got.slice(2)).toContain(job.batchId);
      }, WAIT);
    });

    it('tries a job again after a failure', async () => {
      const [job] = freshJobs(1) as [CaptureJob];
      const attempts: number[] = [];
      consume(async ({ attempt }) => {
        attempts.push(attempt);
        if (attempts.length < 3) throw new Error('the database is away');
      });
      await produce().add([job]);
      await vi.waitFor(() => expect(attempts).toEqual([1, 2, 3]), WAIT);
    });

    it('gives the jobs of a killed worker to another, also after several kills', async () => {
      const jobs = freshJobs(2);
      await produce().add(jobs);
      for (let kill = 0; kill < 3; kill++) {
        const child = fork(fileURLToPath(new URL('./worker-child.ts', import.meta.url)), {
          execArgv: ['--conditions=development'],
          env: { ...process.env, DATABASE_URL: backend.config.databaseUrl, REDIS_URL: backend.config.redisUrl ?? '' },
        });
        const started = new Set<string>();
        child.on('message', (batchId: string) => started.add(batchId));
        await vi.waitFor(() => expect(started.size).toBe(2), WAIT);
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await ended;
      }
      const got = new Set<string>();
      consume(async ({ job }) => void got.add(job.batchId));
      await vi.waitFor(() => expect([...got].toSorted()).toEqual(jobs.map(({ batchId }) => batchId)), WAIT);
    });

    it('answers in bounded time while the server is away, and both sides recover', async () => {
      const producer = produce();
      const [before, during, after, late] = freshJobs(4) as [CaptureJob, CaptureJob, CaptureJob, CaptureJob];
      const got = new Set<string>();
      const consumer = consume(async ({ job }) => void got.add(job.batchId));
      await consumer.ready();
      await producer.add([before]);
      await vi.waitFor(() => expect(got).toContain(before.batchId), WAIT);

      await backend.server.kill();
      const newcomer = produce();
      const lateConsumer = consume(async ({ job }) => void got.add(job.batchId));
      await vi.waitFor(() => expect(producer.add([during])).rejects.toMatchObject({ name: 'QueueAwayError' }), WAIT);
      await expect(newcomer.add([during])).rejects.toMatchObject({ name: 'QueueAwayError' });
      await backend.server.start();

      await vi.waitFor(() => producer.add([during, after]), WAIT);
      await vi.waitFor(() => newcomer.add([late]), WAIT);
      await lateConsumer.ready();
      await vi.waitFor(() => expect([...got]).toEqual(expect.arrayContaining([during.batchId, after.batchId, late.batchId])), WAIT);
    });
  });
}
