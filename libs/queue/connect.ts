import { type CaptureQueue } from './capture-queue.ts';
import { DELIVERIES, type DeliveryQueue } from './delivery-queue.ts';
import { EVALUATIONS, type EvaluationQueue } from './evaluation-queue.ts';
import { postgresCaptureQueue } from './postgres-capture-queue.ts';
import { redisCaptureQueue } from './redis-capture-queue.ts';
import { postgresTaskQueue, redisTaskQueue, type TaskKind, type TaskQueue } from './task-queue.ts';

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
  return connectTaskQueue(config, DELIVERIES);
}

/** The queue of evaluations on the same backend. */
export function connectEvaluationQueue(config: QueueConfig): EvaluationQueue {
  return connectTaskQueue(config, EVALUATIONS);
}

function connectTaskQueue<Job>({ databaseUrl, redisUrl }: QueueConfig, kind: TaskKind<Job>): TaskQueue<Job> {
  return redisUrl === null ? postgresTaskQueue(databaseUrl, kind) : redisTaskQueue(redisUrl, kind);
}
