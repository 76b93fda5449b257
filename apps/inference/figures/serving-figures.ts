import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Repeat } from '#libs/platform/repeat/repeat';
import { meter } from '#libs/platform/telemetry/metrics';
import { type Engine } from '#libs/runtime/engine/engine';
import { ExpertFigures } from '#libs/store/figures/expert-figures';
import { INFERENCE_OPTIONS, type InferenceOptions } from '../inference-options.ts';
import { ENGINE } from '../models/served-release.ts';
import { ServedModels } from '../models/served-models.ts';
import { ExpertFlush } from './expert-flush.ts';
import { observeExperts } from './expert-gauges.ts';
import { LayerFigures, observeEngine } from './serving-gauges.ts';

/** How often expert figures go to the store. */
const FLUSH_MS = 10_000;

/** Shows the engine's figures to Prometheus and takes those of the experts to the store. */
@Injectable()
export class ServingFigures implements OnApplicationBootstrap {
  readonly #layers = new LayerFigures(meter());
  readonly #experts: ExpertFlush;
  readonly #repeat: Repeat;

  constructor(
    @Inject(ENGINE) engine: Engine,
    @Inject(ServedModels) private readonly models: ServedModels,
    @Inject(ExpertFigures) store: ExpertFigures,
    @Inject(INFERENCE_OPTIONS) { logger }: InferenceOptions,
  ) {
    this.#experts = new ExpertFlush(engine, store, (releaseId, experts) => this.#layers.seen(releaseId, experts));
    this.#repeat = new Repeat(() => this.#flush(), FLUSH_MS, (error) => logger.warn({ err: error }, 'expert figures wait for the database'));
    observeEngine(meter(), () => engine.status());
    observeExperts(meter(), engine, () => models.residentIds());
  }

  onApplicationBootstrap(): void {
    this.#repeat.start();
  }

  /** The last flush, while the engine still answers. @throws what the store throws */
  async finish(): Promise<void> {
    await this.#repeat.stop();
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const resident = this.models.residentIds();
    this.#layers.keepOnly(resident);
    await this.#experts.flush(resident, Date.now(), randomUUID);
  }
}
