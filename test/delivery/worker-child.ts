import { DataSource } from 'typeorm';
import { parseAllowList } from '#libs/notify/address-policy';
import { Sender } from '#libs/notify/sender';
import { SecretBox } from '#libs/platform/secrets/secret-box';
import { createLogger } from '#libs/platform/logs/logger';
import { connectDeliveryQueue } from '#libs/queue/connect';
import { Deliveries } from '#libs/store/receivers/deliveries';
import { DeliveryTries } from '../../apps/watch/deliver/delivery-tries.ts';
import { DeliveryWorker } from '../../apps/watch/deliver/delivery-worker.ts';
import { OutboxMover } from '../../apps/watch/deliver/outbox-mover.ts';

/** The delivering part of the watch in a process of its own, to be killed. */
const databaseUrl = process.env['DATABASE_URL'] ?? '';
const queue = connectDeliveryQueue({ databaseUrl, redisUrl: process.env['REDIS_URL'] || null });
const dataSource = await new DataSource({ type: 'postgres', url: databaseUrl, poolSize: 8, installExtensions: false }).initialize();
const options = { now: Date.now, externalUrl: 'http://signalbox.test', concurrency: 8, pollMs: 50, scheduleScale: Number(process.env['SCHEDULE_SCALE']) };
const watch = { logger: createLogger({ level: 'fatal', role: 'watch', readable: false, destination: process.stderr }) };
const deliveries = new Deliveries(dataSource);
const sender = new Sender({ allow: parseAllowList(['127.0.0.1']), timeoutMs: Number(process.env['ATTEMPT_TIMEOUT_MS']) });
const box = new SecretBox([Buffer.from(process.env['SECRET_KEY'] ?? '', 'base64')]);
const mover = new OutboxMover(queue, deliveries, dataSource, options, watch);
const worker = new DeliveryWorker(queue, new DeliveryTries(deliveries, sender, options, box, dataSource), mover, options, watch);
mover.start();
worker.start();
process.send?.('started');
