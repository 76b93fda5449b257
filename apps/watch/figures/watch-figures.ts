import { Inject, Injectable, Logger } from '@nestjs/common';
import { type BatchObservableResult } from '@opentelemetry/api';
import { DataSource } from 'typeorm';
import { meter } from '#libs/platform/telemetry/metrics';
import { type OutboxStanding, readOutboxStanding } from '#libs/store/receivers/outbox-standing';
import { WATCH_OPTIONS, type WatchOptions } from '../watch-options.ts';
import { type WatchTask } from '../watch-task.ts';

const READ_EVERY_MS = 5000;

const gauge = (name: string, description: string, unit?: string) => meter().createObservableGauge(name, { description, ...(unit === undefined ? {} : { unit }) });
const notifications = gauge('signalbox.notifications', 'Notifications of receivers, by state: waiting to be delivered, or dead because they were given up.');
const oldest = gauge('signalbox.notification.oldest', 'Age of the oldest notification that waits; 0 when none does.', 's');
const ALL = [notifications, oldest];

/**
 * Shows at /metrics how the outbox stands. Reads by a timer and not when scraped:
 * metrics must come while the database is away.
 */
@Injectable()
export class WatchFigures implements WatchTask {
  readonly name = 'figures';
  readonly #log = new Logger(WatchFigures.name);
  #standing: OutboxStanding | null = null;
  #timer: NodeJS.Timeout | null = null;
  #reading: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(WATCH_OPTIONS) private readonly options: WatchOptions,
  ) {}

  start(): void {
    meter().addBatchObservableCallback(this.#observe, ALL);
    this.#read();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#timer) clearTimeout(this.#timer);
    meter().removeBatchObservableCallback(this.#observe, ALL);
    await this.#reading;
  }

  readonly #observe = (result: BatchObservableResult): void => {
    if (this.#standing === null) return;
    const { waiting, dead, oldestWaitingAtMs } = this.#standing;
    result.observe(notifications, waiting, { state: 'waiting' });
    result.observe(notifications, dead, { state: 'dead' });
    // Goes on growing while the database cannot be read.
    result.observe(oldest, oldestWaitingAtMs === null ? 0 : Math.max(0, this.options.now() - oldestWaitingAtMs) / 1000);
  };

  #read(): void {
    this.#reading = readOutboxStanding(this.dataSource)
      .then((standing) => void (this.#standing = standing), (error: unknown) => this.#log.debug(error))
      .finally(() => {
        if (this.#isStopping) return;
        this.#timer = setTimeout(() => this.#read(), READ_EVERY_MS);
        this.#timer.unref();
      });
  }
}
