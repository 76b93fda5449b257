import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Repeat } from '#libs/platform/repeat/repeat';
import { Readings } from '#libs/store/detection/readings';
import { LOCKS } from '#libs/store/locks';
import { OwedReviews } from '#libs/store/reviews/owed-reviews';
import { underSessionLock } from '#libs/store/session-lock';
import { WATCH_OPTIONS, type WatchOptions } from '../watch-options.ts';
import { type WatchTask } from '../watch-task.ts';
import { RemindMetrics } from './remind-metrics.ts';
import { type RemindPorts, remindRound } from './remind-round.ts';

/** Looks at the reviews that are owed, as often as rules are evaluated. Of several processes one does each round; nothing is kept in memory between them. */
@Injectable()
export class RemindTask implements WatchTask {
  readonly name = 'remind';
  readonly #metrics = new RemindMetrics();
  readonly #ports: RemindPorts;
  readonly #repeat: Repeat;

  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(WATCH_OPTIONS) private readonly options: WatchOptions,
  ) {
    this.#ports = { dataSource, owed: new OwedReviews(dataSource), readings: new Readings(dataSource) };
    this.#repeat = new Repeat(() => this.#look(), options.config.alerts.intervalMs, (error) => options.logger.error({ err: error }, 'reviews owed could not be looked at; it is tried again'));
  }

  start(): void {
    this.#metrics.start();
    this.#repeat.start(0);
  }

  async stop(): Promise<void> {
    await this.#repeat.stop();
    this.#metrics.stop();
  }

  async #look(): Promise<void> {
    const { config, now } = this.options;
    try {
      const outcome = await underSessionLock(this.dataSource, LOCKS.reviews, {}, () => remindRound(this.#ports, { nowMs: now(), publicUrl: config.access.publicUrl }));
      this.#metrics.done(outcome.held ? outcome.result : null);
    } catch (error) {
      this.#metrics.failed();
      throw error;
    }
  }
}
