import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Repeat } from '#libs/platform/repeat/repeat';
import { INFERENCE_OPTIONS, type InferenceOptions } from '../inference-options.ts';
import { ServedModels } from '../models/served-models.ts';
import { ColdStart } from './cold-start.ts';
import { ExpertWatch } from './expert-watch.ts';
import { QuarantinesInForce } from './quarantines-in-force.ts';

/** How often quarantines are looked at where nothing is heard, and the engine is asked for its experts. */
const POLL_MS = 1_000;
/** How often the baseline in force is asked which labels it has seen. */
const LABELS_MS = 10_000;

/** Keeps what is known of quarantines, experts and labels in step with the store and the engine. */
@Injectable()
export class DegradeFollower implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #poll: Repeat;
  readonly #labels: Repeat;

  constructor(
    @Inject(QuarantinesInForce) private readonly quarantines: QuarantinesInForce,
    @Inject(ExpertWatch) private readonly experts: ExpertWatch,
    @Inject(ColdStart) private readonly coldStart: ColdStart,
    @Inject(ServedModels) private readonly models: ServedModels,
    @Inject(INFERENCE_OPTIONS) { logger }: InferenceOptions,
  ) {
    this.#poll = new Repeat(() => this.follow(), POLL_MS, (error) => logger.warn({ err: error }, 'cannot read the quarantines; those that are known stay in force'));
    this.#labels = new Repeat(() => this.#look(), LABELS_MS, (error) => logger.warn({ err: error }, 'cannot read which labels the baselines have seen; what is known stays'));
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.#look().catch(() => undefined);
    this.#poll.start();
    this.#labels.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#poll.stop();
    await this.#labels.stop();
  }

  /** Enforces what holds, and asks what that left. @throws what the store or the engine throws */
  async follow(): Promise<void> {
    await this.quarantines.sync();
    await this.experts.look(this.models.residentIds());
  }

  /** Generation of a model's quarantines that is enforced here; null before the first look. */
  generation(model: string): number | null {
    return this.quarantines.generation(model);
  }

  async #look(): Promise<void> {
    await this.coldStart.look(this.models.resident());
  }
}
