import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Repeat } from '#libs/platform/repeat/repeat';
import { INFERENCE_OPTIONS, type InferenceOptions } from '../inference-options.ts';
import { RulesInForce } from './rules-in-force.ts';

/** How often the rules are looked at; ModelFollower has them looked at when a notification comes. */
const POLL_MS = 1000;

/** Keeps the data rules in step with the store. While they are unknown the process is not ready and answers nothing. */
@Injectable()
export class RuleFollower implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #follow: Repeat;
  readonly #logger: InferenceOptions['logger'];

  constructor(
    @Inject(RulesInForce) private readonly rules: RulesInForce,
    @Inject(INFERENCE_OPTIONS) { logger, health }: InferenceOptions,
  ) {
    this.#logger = logger;
    this.#follow = new Repeat(
      () => this.rules.sync(),
      POLL_MS,
      (error) => logger.warn({ err: error }, 'cannot read the data rules; those that are known stay in force'),
    );
    health.set('data-rules', () => {
      const unknown = this.rules.unknown();
      if (unknown === null) return { ok: false, detail: 'the data rules have not been read yet; requests are refused until they are' };
      return unknown.length > 0 ? { ok: false, detail: `unreadable for ${unknown.join(', ')}; the log tells why` } : { ok: true, detail: 'known' };
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    // One look before the server listens; where it fails the process waits, unready, for a later one.
    await this.rules.sync().catch((error: unknown) => this.#logger.warn({ err: error }, 'cannot read the data rules'));
    this.#follow.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#follow.stop();
  }
}
