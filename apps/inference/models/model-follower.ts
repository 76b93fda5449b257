import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { INFERENCE_OPTIONS, type InferenceOptions } from '../inference-options.ts';
import { Repeat } from '../repeat.ts';
import { ServedModels } from './served-models.ts';

/** How often the activations are looked at. */
const POLL_MS = 1000;

/** Keeps the served models in step with the activations. */
@Injectable()
export class ModelFollower implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #follow: Repeat;

  constructor(
    @Inject(ServedModels) private readonly models: ServedModels,
    @Inject(INFERENCE_OPTIONS) { logger, health }: InferenceOptions,
  ) {
    this.#follow = new Repeat(
      () => this.models.sync(Date.now),
      POLL_MS,
      (error) => logger.warn({ err: error }, 'cannot read the activations; what is loaded keeps serving'),
    );
    health.set('models', () => {
      const missing = this.models.missing();
      if (missing.length > 0) return { ok: false, detail: `not loaded: ${missing.join(', ')}; the log tells why` };
      const names = this.models.serving().map(({ model }) => model);
      // Without any model the API to import one must be reachable, so that is no failure.
      return { ok: true, detail: names.length > 0 ? `serving ${names.join(', ')}` : 'no model is active yet' };
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    // One look before the server listens, so that who sees it listen finds its models.
    await this.models.sync(Date.now);
    this.#follow.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#follow.stop();
  }
}
