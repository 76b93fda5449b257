import { type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { cutOffConnections } from '#libs/platform/http/cut-off-connections';
import { meter } from '#libs/platform/telemetry/metrics';
import { type WorkerEngine } from '#libs/runtime/engine/engine-client';
import { Answering } from './answer/answering.ts';
import { INFERENCE_LIMITS } from './api/http-limits.ts';
import { captureHealth } from './capture/capture-health.ts';
import { TRACE_TRANSPORT, type TraceTransport } from './capture/trace-transport.ts';
import { observeSpool } from './figures/serving-gauges.ts';
import { ServingFigures } from './figures/serving-figures.ts';
import { INFERENCE_OPTIONS, type InferenceOptions } from './inference-options.ts';
import { ENGINE } from './models/served-release.ts';
import { ShadowRuns } from './shadow/shadow-runs.ts';

/** For handing over the last traces; what is left stays in the spool for the next start. */
const HAND_OVER_GRACE_MS = 3000;
/** For the last bytes of answers to other parts of the app. */
const CONNECTION_GRACE_MS = 1000;

/** Starts the hand-over of traces, and stops everything in the order that loses nothing. */
@Injectable()
export class Serving implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(INFERENCE_OPTIONS) private readonly options: InferenceOptions,
    @Inject(HttpAdapterHost) private readonly http: HttpAdapterHost,
    @Inject(ENGINE) private readonly engine: Pick<WorkerEngine, 'state' | 'close'>,
    @Inject(TRACE_TRANSPORT) private readonly transport: TraceTransport,
    @Inject(Answering) private readonly answering: Answering,
    @Inject(ServingFigures) private readonly figures: ServingFigures,
    @Inject(ShadowRuns) private readonly shadows: ShadowRuns,
  ) {}

  onApplicationBootstrap(): void {
    const { health } = this.options;
    health.set('engine', () => ({ ok: this.engine.state === 'ready', detail: this.engine.state }));
    health.set('capture', () => captureHealth(this.transport.progress()), { isRequired: false });
    observeSpool(meter(), () => this.transport.progress());
    this.transport.start();
  }

  /** New requests are refused by now. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.shadows.stop();
    await this.#idleOrLate();
    await this.figures.finish().catch((error: unknown) => this.options.logger.warn({ err: error }, 'the last expert figures were not written'));
    // What still runs is cancelled, and recorded as such.
    await this.engine.close(0);
    await this.answering.idle();
    await this.transport.stop(HAND_OVER_GRACE_MS);
    // The HTTP server closes next.
    cutOffConnections(this.http.httpAdapter.getHttpServer() as Server, CONNECTION_GRACE_MS);
  }

  async #idleOrLate(): Promise<void> {
    const idle = new AbortController();
    const late = delay(INFERENCE_LIMITS.stopGraceMs, undefined, { signal: idle.signal }).catch(() => undefined);
    await Promise.race([this.answering.idle(), late]);
    idle.abort();
  }
}
