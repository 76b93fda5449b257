import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Repeat } from '#libs/platform/repeat/repeat';
import { labelsKey, Readings } from '#libs/store/detection/readings';
import { WATCH_OPTIONS, type WatchOptions } from '../watch-options.ts';
import { type WatchTask } from '../watch-task.ts';
import { AlertMetrics } from './alert-metrics.ts';
import { evaluateRound, type RoundOutcome } from './evaluate-round.ts';

/** Evaluates the rules again and again. Of several processes one does each round; nothing is kept in memory between them. */
@Injectable()
export class AlertTask implements WatchTask {
  readonly name = 'alerts';
  readonly #metrics = new AlertMetrics();
  readonly #readings: Readings;
  readonly #repeat: Repeat;
  #trouble = '';

  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(WATCH_OPTIONS) private readonly options: WatchOptions,
  ) {
    this.#readings = new Readings(dataSource);
    this.#repeat = new Repeat(() => this.#evaluate(), options.config.alerts.intervalMs, (error) => options.logger.error({ err: error }, 'alerts could not be evaluated; it is tried again'));
  }

  start(): void {
    this.#metrics.start();
    this.#repeat.start(0);
  }

  async stop(): Promise<void> {
    await this.#repeat.stop();
    this.#metrics.stop();
  }

  async #evaluate(): Promise<void> {
    const startedMs = performance.now();
    const { config, now } = this.options;
    try {
      const outcome = await evaluateRound({ dataSource: this.dataSource, readings: this.#readings, labelsKey, nowMs: now(), publicUrl: config.access.publicUrl });
      if (!outcome) return;
      this.#metrics.round(outcome, (performance.now() - startedMs) / 1000);
      this.#tell(outcome);
    } catch (error) {
      this.#metrics.failed();
      throw error;
    }
  }

  /** Once, not at each round. */
  #tell({ errors, lostReceivers, isTruncated }: RoundOutcome): void {
    const isWhole = errors.length === 0 && lostReceivers.length === 0 && !isTruncated;
    const trouble = isWhole ? '' : JSON.stringify([errors, lostReceivers, isTruncated]);
    if (!isWhole && trouble !== this.#trouble) this.options.logger.warn({ errors, lostReceivers, isTruncated }, 'alerts were evaluated in part: correct the rules, or name receivers that exist in the notification policy');
    this.#trouble = trouble;
  }
}
