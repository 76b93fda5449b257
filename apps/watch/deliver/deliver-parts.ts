import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { parseAllowList } from '#libs/notify/address-policy';
import { Sender } from '#libs/notify/sender';
import { SecretBox, secretBox } from '#libs/platform/secrets/secret-box';
import { meter } from '#libs/platform/telemetry/metrics';
import { connectDeliveryQueue } from '#libs/queue/connect';
import { Deliveries } from '#libs/store/receivers/deliveries';
import { WATCH_OPTIONS, type WatchOptions } from '../watch-options.ts';
import { type WatchTask } from '../watch-task.ts';
import { DELIVER_OPTIONS, type DeliverOptions } from './deliver-options.ts';
import { DELIVERY_QUEUE } from './delivery-queue-token.ts';
import { DeliveryTries } from './delivery-tries.ts';
import { DeliveryWorker } from './delivery-worker.ts';
import { observeOutbox } from './observe-outbox.ts';
import { OutboxMover } from './outbox-mover.ts';

const CONCURRENCY = 16;
const POLL_MS = 500;

/** Delivers notifications to receivers. */
export const deliverProviders: readonly Provider[] = [
  { provide: DELIVER_OPTIONS, inject: [WATCH_OPTIONS], useFactory: deliverOptions },
  { provide: DELIVERY_QUEUE, inject: [WATCH_OPTIONS], useFactory: ({ config, databaseUrl }: WatchOptions) => connectDeliveryQueue({ databaseUrl, redisUrl: config.queue.redisUrl }) },
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
  DeliveryTries,
  OutboxMover,
  DeliveryWorker,
];
/** Classes among them that run as tasks. */
export const deliverTasks: readonly (abstract new (...args: never[]) => WatchTask)[] = [OutboxMover, DeliveryWorker];

function deliverOptions({ config: { access, http }, now }: WatchOptions): DeliverOptions {
  return { now, externalUrl: access.publicUrl ?? `http://${http.host}:${http.port}`, concurrency: CONCURRENCY, pollMs: POLL_MS, scheduleScale: 1 };
}
