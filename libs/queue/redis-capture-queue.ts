import { Queue, Worker } from 'bullmq';
import { CAPTURE_QUEUE } from '#libs/contract/capture/request-record';
import { BullConsumer } from './bullmq-consumer.ts';
import { BullProducer } from './bullmq-producer.ts';
import { type CaptureQueue } from './capture-queue.ts';
import { ANSWER_LIMIT_MS, RECONNECT_MS, WORKER_SETTINGS } from './job-settings.ts';

const PREFIX = 'signalbox';

/** The capture queue in Redis. Its loss loses no batch: the spool adds what is not written again. */
export function redisCaptureQueue(redisUrl: string): CaptureQueue {
  const connection = { url: redisUrl, connectTimeout: ANSWER_LIMIT_MS, retryStrategy: () => RECONNECT_MS, maxRetriesPerRequest: null };
  return {
    // Redis needs no tables; BullMQ loads its scripts by itself.
    prepare: () => Promise.resolve(),
    producer: () =>
      new BullProducer(
        () =>
          new Queue(CAPTURE_QUEUE, {
            prefix: PREFIX,
            // Commands fail while Redis is away: kept, they would pile up in memory.
            connection: { ...connection, enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: ANSWER_LIMIT_MS },
          }),
      ),
    consume: (handler, options) =>
      new BullConsumer(
        (process) => new Worker(CAPTURE_QUEUE, process, { ...WORKER_SETTINGS, prefix: PREFIX, concurrency: options.concurrency, connection }),
        handler,
        options,
      ),
  };
}
