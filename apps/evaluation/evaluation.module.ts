import { join } from 'node:path';
import { type BeforeApplicationShutdown, type DynamicModule, Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { meter } from '#libs/platform/telemetry/metrics';
import { connectEvaluationQueue } from '#libs/queue/connect';
import { type EvaluationQueue } from '#libs/queue/evaluation-queue';
import { Datasets } from '#libs/store/evaluation/datasets';
import { EvaluationParts } from '#libs/store/evaluation/evaluation-parts';
import { RunClaims } from '#libs/store/evaluation/run-claims';
import { Suites } from '#libs/store/evaluation/suites';
import { Releases } from '#libs/store/releases/releases';
import { StoreModule } from '#libs/store/store.module';
import { type EvaluationMetrics, evaluationMetrics } from './evaluation-metrics.ts';
import { EVALUATION_OPTIONS, type EvaluationOptions } from './evaluation-options.ts';
import { RunDesk } from './run-desk.ts';
import { RunMover } from './run-mover.ts';
import { RunWorker } from './run-worker.ts';

const EVALUATION_QUEUE = Symbol('EvaluationQueue');
const METRICS = Symbol('EvaluationMetrics');

/** The evaluation role: does the runs that were asked for. */
@Module({})
export class EvaluationModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(RunMover) private readonly mover: RunMover,
    @Inject(RunWorker) private readonly worker: RunWorker,
  ) {}

  static forRoot(options: EvaluationOptions): DynamicModule {
    const { config, logger } = options;
    return {
      module: EvaluationModule,
      imports: [StoreModule.forRoot({ url: options.databaseUrl, applicationName: 'signalbox-evaluation', poolSize: 6 })],
      providers: [
        { provide: EVALUATION_OPTIONS, useValue: options },
        { provide: EVALUATION_QUEUE, useFactory: () => connectEvaluationQueue({ databaseUrl: options.queueUrl, redisUrl: config.queue.redisUrl }) },
        { provide: ComponentStore, useFactory: () => ComponentStore.open(join(config.home, 'components')) },
        { provide: RunClaims, inject: [DataSource], useFactory: (dataSource: DataSource) => new RunClaims(dataSource) },
        { provide: METRICS, inject: [RunClaims], useFactory: (claims: RunClaims) => evaluationMetrics(meter(), claims, (error) => logger.warn({ err: error }, 'evaluation runs were not counted')) },
        {
          provide: RunDesk,
          inject: [DataSource, RunClaims, Releases, ComponentStore, METRICS],
          useFactory: (dataSource: DataSource, claims: RunClaims, releases: Releases, components: ComponentStore, metrics: EvaluationMetrics) =>
            new RunDesk({ claims, parts: new EvaluationParts(dataSource), components, sources: { releases, suites: new Suites(dataSource), datasets: new Datasets(dataSource) } }, options, metrics.onStep),
        },
        {
          provide: RunWorker,
          inject: [EVALUATION_QUEUE, RunClaims, RunDesk, DataSource, METRICS],
          useFactory: (queue: EvaluationQueue, claims: RunClaims, desk: RunDesk, dataSource: DataSource, metrics: EvaluationMetrics) => new RunWorker({ queue, claims, desk, dataSource }, options, metrics.onEnding),
        },
        {
          provide: RunMover,
          inject: [EVALUATION_QUEUE, RunClaims],
          useFactory: (queue: EvaluationQueue, claims: RunClaims) => new RunMover({ queue, claims }, options),
        },
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.mover.start();
    this.worker.start();
  }

  /** Before the store closes its connections. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.mover.stop(), this.worker.stop()]);
  }
}
