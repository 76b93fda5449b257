import { type CaptureQueue } from './capture-queue.ts';
import { type DeliveryQueue, postgresDeliveryQueue, redisDeliveryQueue } from './delivery-queue.ts';
import { postgresCaptureQueue } from './postgres-capture-queue.ts';
import { redisCaptureQueue } from './redis-capture-queue.ts';

export interface QueueConfig {
  readonly databaseUrl: string;
  /** Redis when given, else the queue lives in PostgreSQL. */
  readonly redisUrl: string | null;
}

/** The capture queue on the backend that the configuration names. Connects on first use. */
export function connectCaptureQueue(config: QueueConfig): CaptureQueue {
  return config.redisUrl === null ? postgresCaptureQueue(config.databaseUrl) : redisCaptureQueue(config.redisUrl);
}

/** The queue of deliveries on the same backend. */
export function connectDeliveryQueue(config: QueueConfig): DeliveryQueue {
  return config.redisUrl === null ? postgresDeliveryQueue(config.databaseUrl) : redisDeliveryQueue(config.redisUrl);
}
