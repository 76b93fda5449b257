import { Inject, Injectable } from '@nestjs/common';
import { Repeat } from '#libs/platform/repeat/repeat';
import { LOCKS } from '#libs/store/locks';
import { underSessionLock } from '#libs/store/session-lock';
import { WATCH_OPTIONS, type WatchOptions } from '../watch-options.ts';
import { type WatchTask } from '../watch-task.ts';
import { MeasureMetrics } from './measure-metrics.ts';
import { type MeasurePorts } from './measure-ports.ts';
import { MeasureRound } from './measure-round.ts';

export const MEASURE_PORTS = Symbol('MeasurePorts');

const DAY_MS = 86_400_000;
const PURGE_EVERY_MS = 3_600_000;

/** Measures what answers now, again and again. Of several processes one does each round. */
@Injectable()
export class MeasureTask implements WatchTask {
  readonly name = 'measure';
  readonly #metrics = new MeasureMetrics();
  readonly #measure: MeasureRound;
  readonly #repeat: Repeat;
  #purgedMs = -Infinity;

  constructor(
    @Inject(MEASURE_PORTS) private readonly ports: MeasurePorts,
    @Inject(WATCH_OPTIONS) private readonly options: WatchOptions,
  ) {
    const { measure, privacy } = options.config;
    this.#repeat = new Repeat(() => this.#look(), measure.intervalMs, (error) => options.logger.error({ err: error }, 'usage could not be measured; it is tried again'));
    this.#measure = new MeasureRound(ports, { windowMs: measure.windowMs, minRequests: privacy.minRequests });
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
    const startedMs = performance.now();
    try {
      const outcome = await underSessionLock(this.ports.dataSource, LOCKS.measurement, {}, async () => {
        const nowMs = this.options.now();
        await this.#purge(nowMs);
        return this.#measure.run(nowMs);
      });
      this.#metrics.done(outcome.held ? outcome.result : null, (performance.now() - startedMs) / 1000);
    } catch (error) {
      this.#metrics.failed();
      throw error;
    }
  }

  async #purge(nowMs: number): Promise<void> {
    if (nowMs - this.#purgedMs < PURGE_EVERY_MS) return;
    await this.ports.feedback.purge(nowMs - this.options.config.feedback.retentionDays * DAY_MS);
    this.#purgedMs = nowMs;
  }
}
