import { createPostgresBackend, Queue, runMigrations, withBackend, Worker } from 'bullmq';
import { BullAdder } from './bull-adder.ts';
import { BullConsumer } from './bullmq-consumer.ts';
import { type CaptureConsumer, type ConsumerOptions } from './capture-queue.ts';
import { ANSWER_LIMIT_MS, WORKER_SETTINGS } from './job-settings.ts';
import { LastingClient } from './lasting-client.ts';
import { QUEUE_SCHEMA, queueConnection } from './postgres-capture-queue.ts';
import { producerConnection, REDIS_PREFIX, workerConnection } from './redis-capture-queue.ts';

const DELIVERY_QUEUE = 'deliveries';
/** One try: what is retried, and when, is kept with the notification. */
const DELIVERY_JOB = { attempts: 1, removeOnComplete: true, removeOnFail: true } as const;

/** Asks a worker to try to deliver a notification, which may be superfluous by then. */
export interface DeliveryJob {
  readonly notificationId: string;
  /** How often it was taken up before: a job that is there already for the same one is ignored. */
  readonly claims: number;
}

/** The queue of deliveries. Its loss loses nothing: what is due is read from the outbox again. */
export interface DeliveryQueue {
  /** Creates or upgrades what the queue keeps in its server. */
  prepare(): Promise<void>;
  producer(): DeliveryProducer;
  /** @param handler may run again for the same notification, even at the same time */
  consume(handler: (notificationId: string) => Promise<void>, options: ConsumerOptions): CaptureConsumer;
}

export interface DeliveryProducer {
  /** @throws QueueAwayError within the time limit when the queue's server does not answer */
  add(jobs: readonly DeliveryJob[]): Promise<void>;
  close(): Promise<void>;
}

export function postgresDeliveryQueue(databaseUrl: string): DeliveryQueue {
  const Backed = withBackend(createPostgresBackend);
  const connection = { ...queueConnection(databaseUrl), schema: QUEUE_SCHEMA, Client: LastingClient, connectionTimeoutMillis: ANSWER_LIMIT_MS, keepAlive: true };
  return {
    async prepare() {
      const client = new LastingClient(queueConnection(databaseUrl));
      await client.connect();
      try {
        await runMigrations(client, QUEUE_SCHEMA);
      } finally {
        await client.end();
      }
    },
    producer: () => producerOver(new BullAdder<DeliveryJob>(() => new Backed.Queue(DELIVERY_QUEUE, { connection: { ...connection, max: 2, query_timeout: ANSWER_LIMIT_MS } }))),
    consume: (handler, options) =>
      new BullConsumer(
        (process) => new Backed.Worker(DELIVERY_QUEUE, process, { ...WORKER_SETTINGS, concurrency: options.concurrency, connection: { ...connection, max: Math.min(8, 2 + options.concurrency) } }),
        (job) => handler(notificationIdOf(job.data)),
        options,
      ),
  };
}

export function redisDeliveryQueue(redisUrl: string): DeliveryQueue {
  return {
    prepare: () => Promise.resolve(),
    producer: () => producerOver(new BullAdder<DeliveryJob>(() => new Queue(DELIVERY_QUEUE, { prefix: REDIS_PREFIX, connection: producerConnection(redisUrl) }))),
    consume: (handler, options) =>
      new BullConsumer(
        (process) => new Worker(DELIVERY_QUEUE, process, { ...WORKER_SETTINGS, prefix: REDIS_PREFIX, concurrency: options.concurrency, connection: workerConnection(redisUrl) }),
        (job) => handler(notificationIdOf(job.data)),
        options,
      ),
  };
}

function producerOver(adder: BullAdder<DeliveryJob>): DeliveryProducer {
  return {
    add: (jobs) => adder.add(jobs.map((job) => ({ name: 'deliver', data: job, opts: { ...DELIVERY_JOB, jobId: `${job.notificationId}-${job.claims}` } }))),
    close: () => adder.close(),
  };
}

/** Of a job that another version of this program may have written. @throws Error */
function notificationIdOf(data: unknown): string {
  const id = typeof data === 'object' && data !== null ? (data as { readonly notificationId?: unknown }).notificationId : undefined;
  if (typeof id !== 'string') throw new Error('delivery job: notificationId must be text');
  return id;
}
