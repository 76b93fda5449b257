import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
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
  #timer: NodeJS.Timeout | null = null;
  #round: Promise<void> = Promise.resolve();
  #isStopping = false;
  #lastError = '';

  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(WATCH_OPTIONS) private readonly options: WatchOptions,
  ) {
    this.#readings = new Readings(dataSource);
  }

  start(): void {
    this.#metrics.start();
    this.#schedule(0);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#round;
    this.#metrics.stop();
  }

  #schedule(afterMs: number): void {
    if (this.#isStopping) return;
    this.#timer = setTimeout(() => {
      this.#round = this.#evaluate().finally(() => this.#schedule(this.options.config.alerts.intervalMs));
    }, afterMs);
  }

  async #evaluate(): Promise<void> {
    const startedMs = performance.now();
    const { config, now, logger } = this.options;
    try {
      const outcome = await evaluateRound({ dataSource: this.dataSource, readings: this.#readings, labelsKey, nowMs: now(), publicUrl: config.access.publicUrl });
      if (!outcome) return;
      this.#metrics.round(outcome, (performance.now() - startedMs) / 1000);
      this.#tell(outcome);
    } catch (error) {
      this.#metrics.failed();
      this.#complain(error instanceof Error ? error.message : String(error), () => logger.error({ err: error }, 'alerts could not be evaluated; it is tried again'));
    }
  }

  #tell({ errors, lostReceivers, isTruncated }: RoundOutcome): void {
    const { logger } = this.options;
    const trouble = JSON.stringify([errors, lostReceivers, isTruncated]);
    if (errors.length === 0 && lostReceivers.length === 0 && !isTruncated) this.#lastError = '';
    else this.#complain(trouble, () => logger.warn({ errors, lostReceivers, isTruncated }, 'alerts were evaluated in part: correct the rules, or name receivers that exist in the notification policy'));
  }

  /** Once, not at each round. */
  #complain(what: string, tell: () => void): void {
    if (what !== this.#lastError) tell();
    this.#lastError = what;
  }
}
