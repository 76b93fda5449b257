import { Queue, Worker } from 'bullmq';
import { CAPTURE_QUEUE } from '#libs/contract/capture/request-record';
import { BullConsumer } from './bullmq-consumer.ts';
import { BullProducer } from './bullmq-producer.ts';
import { type CaptureQueue } from './capture-queue.ts';
import { parseJobData } from './job-data.ts';
import { ANSWER_LIMIT_MS, RECONNECT_MS, WORKER_SETTINGS } from './job-settings.ts';

/** Before all keys of ours. */
export const REDIS_PREFIX = 'signalbox';

/** The capture queue in Redis. Its loss loses no batch: the spool adds what is not written again. */
export function redisCaptureQueue(redisUrl: string): CaptureQueue {
  const connection = workerConnection(redisUrl);
  return {
    // Redis needs no tables; BullMQ loads its scripts by itself.
    prepare: () => Promise.resolve(),
    producer: () =>
      new BullProducer(
        () =>
          new Queue(CAPTURE_QUEUE, {
            prefix: REDIS_PREFIX,
            connection: producerConnection(redisUrl),
          }),
      ),
    consume: (handler, options) =>
      new BullConsumer(
        (process) => new Worker(CAPTURE_QUEUE, process, { ...WORKER_SETTINGS, prefix: REDIS_PREFIX, concurrency: options.concurrency, connection }),
        (job) => handler({ ...parseJobData(job.data), attempt: job.attemptsMade + 1 }),
        options,
      ),
  };
}

export function workerConnection(url: string) {
  return { url, connectTimeout: ANSWER_LIMIT_MS, retryStrategy: () => RECONNECT_MS, maxRetriesPerRequest: null };
}

/** Commands fail while Redis is away: kept, they would pile up in memory. */
export function producerConnection(url: string) {
  return { ...workerConnection(url), enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: ANSWER_LIMIT_MS };
}
