import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { parseAllowList } from '#libs/notify/address-policy';
import { Sender } from '#libs/notify/sender';
import { SecretBox, secretBox } from '#libs/platform/secrets/secret-box';
import { meter } from '#libs/platform/telemetry/metrics';
import { connectDeliveryQueue } from '#libs/queue/connect';
import { type DeliveryQueue } from '#libs/queue/delivery-queue';
import { Deliveries } from '#libs/store/receivers/deliveries';
import { WATCH_OPTIONS, type WatchOptions } from '../watch-options.ts';
import { type WatchTask } from '../watch-task.ts';
import { type DeliverOptions } from './deliver-options.ts';
import { DeliveryTries } from './delivery-tries.ts';
import { DeliveryWorker } from './delivery-worker.ts';
import { observeOutbox } from './observe-outbox.ts';
import { OutboxMover } from './outbox-mover.ts';

const DELIVERY_QUEUE = Symbol('DeliveryQueue');
const CONCURRENCY = 16;
const DELIVER_OPTIONS = Symbol('DeliverOptions');
const POLL_MS = 500;

/** Delivers notifications to receivers. */
export const deliverProviders: readonly Provider[] = [
  { provide: DELIVER_OPTIONS, inject: [WATCH_OPTIONS], useFactory: deliverOptions },
  { provide: DELIVERY_QUEUE, inject: [WATCH_OPTIONS], useFactory: ({ config, queueUrl }: WatchOptions) => connectDeliveryQueue({ databaseUrl: queueUrl, redisUrl: config.queue.redisUrl }) },
  { provide: Sender, inject: [WATCH_OPTIONS], useFactory: ({ config }: WatchOptions) => new Sender({ allow: parseAllowList(config.receivers.allow) }) },
  { provide: SecretBox, inject: [WATCH_OPTIONS], useFactory: ({ config: { home, receivers } }: WatchOptions) => secretBox(home, { key: receivers.secretKey, older: receivers.olderSecretKeys }) },
  {
    provide: Deliveries,
    inject: [DataSource, WATCH_OPTIONS],
    useFactory: (dataSource: DataSource, { now, logger }: WatchOptions) => {
      const deliveries = new Deliveries(dataSource);
      observeOutbox(meter(), deliveries, now, (error) => logger.warn({ err: error }, 'the outbox was not counted'));
      return deliveries;
    },
  },
  {
    provide: DeliveryTries,
    inject: [Deliveries, Sender, DELIVER_OPTIONS, SecretBox, DataSource],
    useFactory: (deliveries: Deliveries, sender: Sender, options: DeliverOptions, box: SecretBox, dataSource: DataSource) => new DeliveryTries(deliveries, sender, options, box, dataSource),
  },
  {
    provide: OutboxMover,
    inject: [DELIVERY_QUEUE, Deliveries, DataSource, DELIVER_OPTIONS, WATCH_OPTIONS],
    useFactory: (queue: DeliveryQueue, deliveries: Deliveries, dataSource: DataSource, options: DeliverOptions, watch: WatchOptions) => new OutboxMover(queue, deliveries, dataSource, options, watch),
  },
  {
    provide: DeliveryWorker,
    inject: [DELIVERY_QUEUE, DeliveryTries, OutboxMover, DELIVER_OPTIONS, WATCH_OPTIONS],
    useFactory: (queue: DeliveryQueue, tries: DeliveryTries, mover: OutboxMover, options: DeliverOptions, watch: WatchOptions) => new DeliveryWorker(queue, tries, mover, options, watch),
  },
];
/** Classes among them that run as tasks. */
export const deliverTasks: readonly (abstract new (...args: never[]) => WatchTask)[] = [OutboxMover, DeliveryWorker];

function deliverOptions({ config: { access, http }, now }: WatchOptions): DeliverOptions {
  return { now, externalUrl: access.publicUrl ?? `http://${http.host}:${http.port}`, concurrency: CONCURRENCY, pollMs: POLL_MS, scheduleScale: 1 };
}
