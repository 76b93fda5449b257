import { idIn, type TaskKind, type TaskProducer, type TaskQueue } from './task-queue.ts';

/** Asks a worker to try to deliver a notification, which may be superfluous by then. */
export interface DeliveryJob {
  readonly notificationId: string;
  /** How often it was taken up before: a job that is there already for the same one is ignored. */
  readonly claims: number;
}

export type DeliveryQueue = TaskQueue<DeliveryJob>;
export type DeliveryProducer = TaskProducer<DeliveryJob>;

/** Jobs of notifications that are due in the outbox. */
export const DELIVERIES: TaskKind<DeliveryJob> = {
  queue: 'deliveries',
  jobName: 'deliver',
  jobIdOf: ({ notificationId, claims }) => `${notificationId}-${claims}`,
  idOf: idIn('notificationId'),
};
