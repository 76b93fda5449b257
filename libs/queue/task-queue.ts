import { createPostgresBackend, Queue, runMigrations, withBackend, Worker } from 'bullmq';
import { BullAdder } from './bull-adder.ts';
import { BullConsumer } from './bullmq-consumer.ts';
import { type CaptureConsumer, type ConsumerOptions } from './capture-queue.ts';
import { ANSWER_LIMIT_MS, WORKER_SETTINGS } from './job-settings.ts';
import { LastingClient } from './lasting-client.ts';
import { QUEUE_SCHEMA, queueConnection } from './postgres-capture-queue.ts';
import { producerConnection, REDIS_PREFIX, workerConnection } from './redis-capture-queue.ts';

/** One try: what is retried, and when, is kept with what the job is about. */
const TASK_JOB = { attempts: 1, removeOnComplete: true, removeOnFail: true } as const;

/** A queue whose jobs say what may be due. Its loss loses nothing: what is due is read from its table again. */
export interface TaskQueue<Job> {
  /** Creates or upgrades what the queue keeps in its server. */
  prepare(): Promise<void>;
  producer(): TaskProducer<Job>;
  /** @param handler takes the id of what a job is about; it may run again for the same one, even at the same time */
  consume(handler: (id: string) => Promise<void>, options: ConsumerOptions): CaptureConsumer;
}

export interface TaskProducer<Job> {
  /** @throws QueueAwayError within the time limit when the queue's server does not answer */
  add(jobs: readonly Job[]): Promise<void>;
  close(): Promise<void>;
}

/** What tells one queue of tasks from another. */
export interface TaskKind<Job> {
  readonly queue: string;
  readonly jobName: string;
  /** A job of the same id as one that is there is ignored. */
  readonly jobIdOf: (job: Job) => string;
  /** Of a job that another version of this program may have written. @throws Error */
  readonly idOf: (data: unknown) => string;
}

export function postgresTaskQueue<Job>(databaseUrl: string, kind: TaskKind<Job>): TaskQueue<Job> {
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
    producer: () => producerOver(new BullAdder<unknown>(() => new Backed.Queue<unknown>(kind.queue, { connection: { ...connection, max: 2, query_timeout: ANSWER_LIMIT_MS } })), kind),
    consume: (handler, options) =>
      new BullConsumer(
        (process) => new Backed.Worker(kind.queue, process, { ...WORKER_SETTINGS, concurrency: options.concurrency, connection: { ...connection, max: Math.min(8, 2 + options.concurrency) } }),
        (job) => handler(kind.idOf(job.data)),
        options,
      ),
  };
}

export function redisTaskQueue<Job>(redisUrl: string, kind: TaskKind<Job>): TaskQueue<Job> {
  return {
    prepare: () => Promise.resolve(),
    producer: () => producerOver(new BullAdder<unknown>(() => new Queue<unknown>(kind.queue, { prefix: REDIS_PREFIX, connection: producerConnection(redisUrl) })), kind),
    consume: (handler, options) =>
      new BullConsumer(
        (process) => new Worker(kind.queue, process, { ...WORKER_SETTINGS, prefix: REDIS_PREFIX, concurrency: options.concurrency, connection: workerConnection(redisUrl) }),
        (job) => handler(kind.idOf(job.data)),
        options,
      ),
  };
}

function producerOver<Job>(adder: BullAdder<unknown>, { jobName, jobIdOf }: TaskKind<Job>): TaskProducer<Job> {
  return {
    add: (jobs) => adder.add(jobs.map((job) => ({ name: jobName, data: job, opts: { ...TASK_JOB, jobId: jobIdOf(job) } }))),
    close: () => adder.close(),
  };
}

/** A kind's `idOf` where the id is text in a field of the job. */
export function idIn(field: string): (data: unknown) => string {
  return (data) => {
    const id = typeof data === 'object' && data !== null ? (data as Readonly<Record<string, unknown>>)[field] : undefined;
    if (typeof id !== 'string') throw new Error(`job: ${field} must be text`);
    return id;
  };
}
