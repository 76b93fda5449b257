import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type BatchObservableResult } from '@opentelemetry/api';
import { meter } from '#libs/platform/telemetry/metrics';
import { type NewVerdict } from '#libs/store/rollouts/rollout-history';
import { type RolloutStanding } from '#libs/store/rollouts/rollouts';
import { CONTROL_SETTINGS, type ControlSettings, DEFAULT_ROLLOUT_INTERVAL_MS } from '../settings.ts';
import { ROLLOUT_RECORDS, type RolloutRecords } from './rollout-records.ts';

type Verdict = NewVerdict['verdict'];

/** Each is shown from the start, so that the first one counts as a rise. */
const NO_VERDICTS: Readonly<Record<Verdict, number>> = { wait: 0, continue: 0, complete: 0, fail: 0, pause: 0, end: 0 };

const verdicts = meter().createCounter('signalbox.rollout.verdicts', { description: 'Verdicts on rollouts that this process wrote down, by kind.' });
const rollouts = meter().createObservableGauge('signalbox.rollouts', { description: 'Rollouts in the database, by state: running, paused, completed, failed, aborted or superseded.' });
const lookAge = meter().createObservableGauge('signalbox.rollout.look.age', {
  unit: 's',
  description: 'Time since any control process last looked at the rollout under way that was looked at longest ago; 0 when none is under way.',
});

/** Call it when the verdict's transaction is committed. */
export function countVerdict(verdict: Verdict | null): void {
  if (verdict !== null) verdicts.add(1, { verdict });
}

/**
 * Shows at /metrics how rollouts stand. It reads by a timer and not when scraped: metrics must come
 * while the database is away, and then the time since the last look goes on growing.
 */
@Injectable()
export class RolloutFigures implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #log = new Logger(RolloutFigures.name);
  #standing: RolloutStanding | null = null;
  #timer: NodeJS.Timeout | null = null;
  #reading: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(
    @Inject(ROLLOUT_RECORDS) private readonly records: Pick<RolloutRecords, 'rollouts'>,
    @Inject(CONTROL_SETTINGS) private readonly settings: Pick<ControlSettings, 'now' | 'rolloutIntervalMs'>,
  ) {}

  onApplicationBootstrap(): void {
    for (const [verdict, none] of Object.entries(NO_VERDICTS)) verdicts.add(none, { verdict });
    meter().addBatchObservableCallback(this.#observe, [rollouts, lookAge]);
    this.#read();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#isStopping = true;
    if (this.#timer) clearTimeout(this.#timer);
    meter().removeBatchObservableCallback(this.#observe, [rollouts, lookAge]);
    await this.#reading;
  }

  readonly #observe = (result: BatchObservableResult): void => {
    if (this.#standing === null) return;
    const { byState, oldestLookAtMs } = this.#standing;
    for (const [state, count] of Object.entries(byState)) result.observe(rollouts, count, { state });
    result.observe(lookAge, oldestLookAtMs === null ? 0 : Math.max(0, this.settings.now() - oldestLookAtMs) / 1000);
  };

  #read(): void {
    this.#reading = this.records.rollouts
      .standing()
      .then((standing) => void (this.#standing = standing), (error: unknown) => this.#log.debug(error))
      .finally(() => {
        if (this.#isStopping) return;
        this.#timer = setTimeout(() => this.#read(), this.settings.rolloutIntervalMs ?? DEFAULT_ROLLOUT_INTERVAL_MS);
        this.#timer.unref();
      });
  }
}
