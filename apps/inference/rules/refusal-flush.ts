import { randomUUID } from 'node:crypto';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Repeat } from '#libs/platform/repeat/repeat';
import { type RuleRefusals, type RuleRefusalsFlush } from '#libs/store/data-rules/rule-refusals';
import { INFERENCE_OPTIONS, type InferenceOptions } from '../inference-options.ts';
import { RequestRules } from './request-rules.ts';

export const RULE_REFUSALS = Symbol('RuleRefusals');

const FLUSH_MS = 10_000;
/** Counted but not yet written; beyond it, while the database is away, the oldest go. */
const MAX_WAITING = 256;

/** Takes the number of requests that data rules refused to the store. */
@Injectable()
export class RefusalFlush implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #waiting: RuleRefusalsFlush[] = [];
  readonly #repeat: Repeat;

  constructor(
    private readonly rules: RequestRules,
    @Inject(RULE_REFUSALS) private readonly store: Pick<RuleRefusals, 'write'>,
    @Inject(INFERENCE_OPTIONS) private readonly options: Pick<InferenceOptions, 'logger'>,
  ) {
    this.#repeat = new Repeat(() => this.flush(Date.now()), FLUSH_MS, (error) => options.logger.warn({ err: error }, 'counts of refused requests wait for the database'));
  }

  onApplicationBootstrap(): void {
    this.#repeat.start();
  }

  /** Before the store closes its connections. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#repeat.stop();
    await this.flush(Date.now()).catch((error: unknown) => this.options.logger.warn({ err: error }, 'the last counts of refused requests were not written'));
  }

  /** Writes what was counted, oldest first. @throws what the store throws; nothing is lost by it */
  async flush(atMs: number): Promise<void> {
    for (const [releaseId, refused] of this.rules.takeRefused()) this.#waiting.push({ flushId: randomUUID(), atMs, releaseId, refused });
    this.#waiting.splice(0, Math.max(0, this.#waiting.length - MAX_WAITING));
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      await this.store.write(next);
      this.#waiting.shift();
    }
  }
}
