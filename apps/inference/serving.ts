import { randomUUID } from 'node:crypto';
import { type Server } from 'node:http';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type FastifyInstance } from 'fastify';
import { meter } from '#libs/platform/telemetry/metrics';
import { type Engine } from '#libs/runtime/engine/engine';
import { type WorkerEngine } from '#libs/runtime/engine/engine-client';
import { ExpertFigures } from '#libs/store/figures/expert-figures';
import { Answering } from './answer/answering.ts';
import { INFERENCE_LIMITS } from './api/http-limits.ts';
import { registerV1, type V1Ports } from './api/v1.ts';
import { TRACE_TRANSPORT, type TraceTransport } from './capture/trace-transport.ts';
import { ExpertFlush } from './figures/expert-flush.ts';
import { LayerFigures, observeEngine, observeSpool } from './figures/serving-gauges.ts';
import { INFERENCE_OPTIONS, type InferenceOptions } from './inference-options.ts';
import { ENGINE } from './models/served-release.ts';
import { ServedModels } from './models/served-models.ts';
import { Repeat } from './repeat.ts';

export const V1_PORTS = Symbol('V1Ports');

/** How often the activations are looked at, and how often expert figures go to the store. */
const MODEL_POLL_MS = 1000;
const FIGURES_FLUSH_MS = 10_000;
/** For handing over the last traces; what is left stays in the spool for the next start. */
const HAND_OVER_GRACE_MS = 3000;
/** For the last bytes of answers to other parts of the app. */
const CONNECTION_GRACE_MS = 1000;

/** Starts and stops the inference app with the Nest app around it. */
@Injectable()
export class Serving implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  readonly #follow: Repeat;
  readonly #flush: Repeat;
  readonly #figures: ExpertFlush;
  readonly #layers = new LayerFigures(meter());
  #stopping = false;

  constructor(
    @Inject(INFERENCE_OPTIONS) private readonly options: InferenceOptions,
    @Inject(HttpAdapterHost) private readonly http: HttpAdapterHost,
    @Inject(V1_PORTS) private readonly ports: Omit<V1Ports, 'stopping'>,
    @Inject(ENGINE) private readonly engine: Engine & Pick<WorkerEngine, 'state'>,
    @Inject(TRACE_TRANSPORT) private readonly transport: TraceTransport,
    @Inject(ServedModels) private readonly models: ServedModels,
    @Inject(Answering) private readonly answering: Answering,
    @Inject(ExpertFigures) store: ExpertFigures,
  ) {
    const { logger } = options;
    this.#figures = new ExpertFlush(engine, store, (releaseId, experts) => this.#layers.seen(releaseId, experts));
    this.#follow = new Repeat(() => this.models.sync(Date.now), MODEL_POLL_MS, (error) => logger.warn({ err: error }, 'cannot read the activations; what is loaded keeps serving'));
    this.#flush = new Repeat(() => this.#flushFigures(), FIGURES_FLUSH_MS, (error) => logger.warn({ err: error }, 'expert figures wait for the database'));
  }

  onModuleInit(): void {
    registerV1(this.http.httpAdapter.getInstance<FastifyInstance>(), { ...this.ports, stopping: () => this.#stopping });
    observeEngine(meter(), () => this.engine.status());
    observeSpool(meter(), () => this.transport.progress());
    const { health } = this.options;
    health.set('engine', () => ({ ok: this.engine.state === 'ready', detail: this.engine.state }));
    health.set('models', () => {
      const models = this.models.serving().map(({ model }) => model);
      return { ok: models.length > 0, detail: models.length > 0 ? `serving ${models.join(', ')}` : 'no model is loaded' };
    });
    health.set(
      'capture',
      () => {
        const progress = this.transport.progress();
        const error = progress?.queueError ?? progress?.ledgerError ?? null;
        return { ok: error === null, detail: error ?? (progress ? `${progress.batchesWaiting} batches wait` : 'off') };
      },
      // Traces wait in the spool while the queue or the database is away, and answers go on.
      { isRequired: false },
    );
  }

  async onApplicationBootstrap(): Promise<void> {
    this.transport.start();
    // One look before the server listens, so that who sees it listen finds its models.
    await this.models.sync(Date.now);
    this.#follow.start();
    this.#flush.start();
  }

  /** From here on new requests are refused; those that run go on. */
  onModuleDestroy(): void {
    this.#stopping = true;
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#follow.stop();
    await this.#flush.stop();
    await this.#flushFigures().catch((error: unknown) => this.options.logger.warn({ err: error }, 'the last expert figures were not written'));
    await this.engine.close(INFERENCE_LIMITS.stopGraceMs);
    await this.answering.idle();
    await this.transport.stop(HAND_OVER_GRACE_MS);
    this.#cutOffConnections();
  }

  /**
   * The HTTP server closes next and waits for its connections. Node closes idle ones, but not those
   * that never sent a request, as browsers and HTTP clients open in advance.
   */
  #cutOffConnections(): void {
    const server = this.http.httpAdapter.getHttpServer() as Server;
    setTimeout(() => server.closeAllConnections(), CONNECTION_GRACE_MS).unref();
  }

  async #flushFigures(): Promise<void> {
    const resident = this.models.residentIds();
    this.#layers.keepOnly(resident);
    await this.#figures.flush(resident, Date.now(), randomUUID);
  }
}
