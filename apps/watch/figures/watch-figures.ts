import { Inject, Injectable, Logger } from '@nestjs/common';
import { type BatchObservableResult } from '@opentelemetry/api';
import { DataSource } from 'typeorm';
import { type AlertState } from '#libs/alerting/alert/alert';
import { meter } from '#libs/platform/telemetry/metrics';
import { readWatchStanding, type WatchStanding } from '#libs/store/watch/watch-standing';
import { WATCH_OPTIONS, type WatchOptions } from '../watch-options.ts';
import { type WatchTask } from '../watch-task.ts';

const READ_EVERY_MS = 5000;
/** Each is shown from the start. */
const STATES: readonly AlertState[] = ['normal', 'pending', 'alerting', 'recovering', 'no-data', 'error'];

const gauge = (name: string, description: string, unit?: string) => meter().createObservableGauge(name, { description, ...(unit === undefined ? {} : { unit }) });
const lagRequests = gauge('signalbox.detection.lag.requests', 'Requests that are recorded and not yet looked at by the detectors.');
const lag = gauge('signalbox.detection.lag', 'Age of the oldest batch that is recorded and not yet looked at by the detectors; 0 when there is none.', 's');
const alerts = gauge('signalbox.alerts', 'Alerts, by state: normal, pending, alerting, recovering, no-data or error.');
const notifications = gauge('signalbox.notifications', 'Notifications of receivers, by state: waiting to be delivered, or dead because they were given up.');
const oldest = gauge('signalbox.notification.oldest', 'Age of the oldest notification that waits; 0 when none does.', 's');
const ALL = [lagRequests, lag, alerts, notifications, oldest];

/**
 * Shows at /metrics how detection, alerts and deliveries stand. Reads by a timer and not when scraped:
 * metrics must come while the database is away.
 */
@Injectable()
export class WatchFigures implements WatchTask {
  readonly name = 'figures';
  readonly #log = new Logger(WatchFigures.name);
  #standing: WatchStanding | null = null;
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
    const { detection, alerts: byState, notifications: told } = this.#standing;
    result.observe(lagRequests, detection?.requests ?? 0);
    result.observe(lag, detection?.seconds ?? 0);
    for (const state of STATES) result.observe(alerts, byState[state] ?? 0, { state });
    result.observe(notifications, told.waiting, { state: 'waiting' });
    result.observe(notifications, told.dead, { state: 'dead' });
    // Goes on growing while the database cannot be read.
    result.observe(oldest, told.oldestWaitingAtMs === null ? 0 : Math.max(0, this.options.now() - told.oldestWaitingAtMs) / 1000);
  };

  #read(): void {
    this.#reading = readWatchStanding(this.dataSource, this.options.now())
      .then((standing) => void (this.#standing = standing), (error: unknown) => this.#log.debug(error))
      .finally(() => {
        if (this.#isStopping) return;
        this.#timer = setTimeout(() => this.#read(), READ_EVERY_MS);
        this.#timer.unref();
      });
  }
}
