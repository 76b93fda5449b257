import { connectCaptureQueue } from '#libs/queue/connect';

/** A consumer in a process of its own, to be killed: tells its parent of each job and finishes none. */
const queue = connectCaptureQueue({ databaseUrl: process.env['DATABASE_URL'] ?? '', redisUrl: process.env['REDIS_URL'] || null });
const consumer = queue.consume(
  ({ job }) => {
    process.send?.(job.batchId);
    return new Promise(() => undefined);
  },
  { concurrency: 2, onError: (error) => console.error(error.message) },
);
await consumer.ready();
