import { createPostgresBackend, runMigrations, withBackend } from 'bullmq';
import { CAPTURE_QUEUE } from '#libs/contract/capture/request-record';
import { BullConsumer } from './bullmq-consumer.ts';
import { BullProducer } from './bullmq-producer.ts';
import { type CaptureQueue } from './capture-queue.ts';
import { parseJobData } from './job-data.ts';
import { ANSWER_LIMIT_MS, WORKER_SETTINGS } from './job-settings.ts';
import { LastingClient } from './lasting-client.ts';

/** Schema that holds BullMQ's tables. */
export const QUEUE_SCHEMA = 'bullmq';

const { Queue, Worker } = withBackend(createPostgresBackend);

export interface QueueConnection {
  readonly connectionString: string;
  readonly options?: string;
}

/**
 * Takes `options` out of a PostgreSQL URL: left in, it would win over the search_path that BullMQ
 * sets, and its tables would not be found. Given beside the URL, BullMQ adds its own to it.
 */
export function queueConnection(databaseUrl: string): QueueConnection {
  const [base, query] = databaseUrl.split('?', 2);
  const parameters = new URLSearchParams(query ?? '');
  const options = parameters.get('options');
  if (options === null) return { connectionString: databaseUrl };
  parameters.delete('options');
  const rest = parameters.toString();
  return { connectionString: rest === '' ? base! : `${base}?${rest}`, options };
}

/** The capture queue in PostgreSQL, schema `bullmq`. */
export function postgresCaptureQueue(databaseUrl: string): CaptureQueue {
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
    producer: () =>
      new BullProducer(() => new Queue(CAPTURE_QUEUE, { connection: { ...connection, max: 2, query_timeout: ANSWER_LIMIT_MS } })),
    consume: (handler, options) =>
      new BullConsumer(
        (process) => {
          const { concurrency } = options;
          // Each job being handled renews its lock now and then; a few connections serve many jobs.
          const max = Math.min(8, 2 + concurrency);
          return new Worker(CAPTURE_QUEUE, process, { ...WORKER_SETTINGS, concurrency, connection: { ...connection, max } });
        },
        (job) => handler({ ...parseJobData(job.data), attempt: job.attemptsMade + 1 }),
        options,
      ),
  };
}
