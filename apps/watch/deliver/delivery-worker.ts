import { type CaptureConsumer } from '#libs/queue/capture-queue';
import { type DeliveryQueue } from '#libs/queue/delivery-queue';
import { meter, SECONDS_BUCKETS } from '#libs/platform/telemetry/metrics';
import { type WatchOptions } from '../watch-options.ts';
import { type WatchTask } from '../watch-task.ts';
import { type DeliverOptions } from './deliver-options.ts';
import { type DeliveryTries } from './delivery-tries.ts';
import { type OutboxMover } from './outbox-mover.ts';

/** An attempt is given time to end, as what it sent may have arrived. */
const STOP_GRACE_MS = 1500;

/** Takes deliveries from the queue and tries each once. */
export class DeliveryWorker implements WatchTask {
  readonly name = 'deliveries';
  private consumer: CaptureConsumer | null = null;
  private readonly attempts = meter().createCounter('signalbox.deliveries', { description: 'Attempts to deliver a notification, by kind of receiver and outcome.' });
  private readonly durations = meter().createHistogram('signalbox.delivery.duration', { unit: 's', description: 'Time of an attempt to deliver, by kind of receiver.', advice: { explicitBucketBoundaries: SECONDS_BUCKETS } });

  constructor(
    private readonly queue: DeliveryQueue,
    private readonly tries: DeliveryTries,
    private readonly mover: OutboxMover,
    private readonly options: Pick<DeliverOptions, 'concurrency'>,
    private readonly watch: Pick<WatchOptions, 'logger'>,
  ) {}

  start(): void {
    const onError = (error: Error): void => this.watch.logger.warn({ err: error }, 'delivery queue');
    this.consumer = this.queue.consume((id) => this.#deliver(id), { concurrency: this.options.concurrency, onError });
  }

  async stop(): Promise<void> {
    await this.consumer?.close(STOP_GRACE_MS);
  }

  async #deliver(notificationId: string): Promise<void> {
    const report = await this.tries.run(notificationId);
    // The next of its group may be due now.
    this.mover.look();
    if (!report) return;
    const { kind, outcome, reason, durationMs } = report;
    this.attempts.add(1, { kind, outcome });
    this.durations.record(durationMs / 1000, { kind });
    if (outcome !== 'delivered') this.watch.logger.warn({ notificationId, kind, outcome, reason }, 'a notification was not delivered');
  }
}
