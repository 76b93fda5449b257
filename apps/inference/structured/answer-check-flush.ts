import { randomUUID } from 'node:crypto';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Repeat } from '#libs/platform/repeat/repeat';
import { type AnswerChecks } from '#libs/store/answers/answer-checks';
import { INFERENCE_OPTIONS, type InferenceOptions } from '../inference-options.ts';
import { AnswerTally, type TallyFlush } from './answer-tally.ts';

export const ANSWER_CHECKS = Symbol('AnswerChecks');

const FLUSH_MS = 10_000;
/** Counted but not yet written; beyond it, while the database is away, the oldest go. */
const MAX_WAITING = 256;

/** Takes the results of checked answers to the store. */
@Injectable()
export class AnswerCheckFlush implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #waiting: TallyFlush[] = [];
  readonly #repeat: Repeat;

  constructor(
    @Inject(AnswerTally) private readonly tally: AnswerTally,
    @Inject(ANSWER_CHECKS) private readonly store: Pick<AnswerChecks, 'write'>,
    @Inject(INFERENCE_OPTIONS) private readonly options: Pick<InferenceOptions, 'logger'>,
  ) {
    this.#repeat = new Repeat(() => this.flush(), FLUSH_MS, (error) => options.logger.warn({ err: error }, 'results of checked answers wait for the database'));
  }

  onApplicationBootstrap(): void {
    this.#repeat.start();
  }

  /** Before the store closes its connections. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#repeat.stop();
    await this.flush().catch((error: unknown) => this.options.logger.warn({ err: error }, 'the last results of checked answers were not written'));
  }

  /** Writes what was counted, oldest first. @throws what the store throws; nothing is lost by it */
  async flush(): Promise<void> {
    const counts = this.tally.take();
    if (counts.length > 0) this.#waiting.push({ flushId: randomUUID(), counts });
    this.#waiting.splice(0, Math.max(0, this.#waiting.length - MAX_WAITING));
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      await this.store.write(next);
      this.#waiting.shift();
    }
  }
}
