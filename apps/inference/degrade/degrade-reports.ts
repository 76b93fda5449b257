import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Repeat } from '#libs/platform/repeat/repeat';
import { type QuarantineHolds } from '#libs/store/quarantine/quarantine-holds';
import { INFERENCE_OPTIONS, type InferenceOptions } from '../inference-options.ts';
import { ModelFollower } from '../models/model-follower.ts';
import { DegradedCounts } from './degraded-counts.ts';
import { ExpertWatch } from './expert-watch.ts';

export const QUARANTINE_HOLDS = Symbol('QuarantineHolds');

const REPORT_MS = 2_000;
const FLUSH_MS = 10_000;
/** Told again after so long: the store forgets processes that were silent. */
const TELL_AGAIN_MS = 30_000;

/** Tells the store which experts do not serve here, and what took another way. */
@Injectable()
export class DegradeReports implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #report: Repeat;
  readonly #flush: Repeat;
  #told: string | null = null;
  #toldAtMs = 0;

  constructor(
    @Inject(ModelFollower) private readonly follower: Pick<ModelFollower, 'self'>,
    @Inject(ExpertWatch) private readonly experts: Pick<ExpertWatch, 'experts'>,
    @Inject(DegradedCounts) private readonly counts: Pick<DegradedCounts, 'flush'>,
    @Inject(QUARANTINE_HOLDS) private readonly store: Pick<QuarantineHolds, 'report'>,
    @Inject(INFERENCE_OPTIONS) private readonly options: Pick<InferenceOptions, 'logger'>,
  ) {
    const { logger } = options;
    this.#report = new Repeat(() => this.#tell(Date.now()), REPORT_MS, (error) => logger.warn({ err: error }, 'cannot tell the database which experts serve'));
    this.#flush = new Repeat(() => this.counts.flush(Date.now()), FLUSH_MS, (error) => logger.warn({ err: error }, 'counts of degraded requests wait for the database'));
  }

  onApplicationBootstrap(): void {
    this.#report.start();
    this.#flush.start();
  }

  /** Before the store closes its connections. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#report.stop();
    await this.#flush.stop();
    await this.counts.flush(Date.now()).catch((error: unknown) => this.options.logger.warn({ err: error }, 'the last counts of degraded requests were not written'));
  }

  async #tell(nowMs: number): Promise<void> {
    const experts = this.experts.experts();
    const text = JSON.stringify(experts);
    if (text === this.#told && nowMs - this.#toldAtMs < TELL_AGAIN_MS) return;
    this.#told = null;
    await this.store.report(this.follower.self.id, experts);
    this.#told = text;
    this.#toldAtMs = nowMs;
  }
}
