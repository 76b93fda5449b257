import { join } from 'node:path';
import { type BeforeApplicationShutdown, type DynamicModule, Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { type Config } from '#libs/platform/config/config';
import { loadTraceKey } from '#libs/platform/home/trace-key';
import { type Logger } from '#libs/platform/logs/logger';
import { type CaptureQueue } from '#libs/queue/capture-queue';
import { TraceSealer } from '#libs/record/seal';
import { TraceWriter } from '#libs/store/capture/trace-writer';
import { ReleaseOutlines } from '#libs/store/releases/release-outlines';
import { minuteUsageDays } from '#libs/store/retention/plan-retention';
import { Retention } from '#libs/store/retention/retention';
import { StoreModule } from '#libs/store/store.module';
import { UsageFolder } from '#libs/store/usage/usage-folder';
import { CapturePipeline } from './capture-pipeline.ts';
import { CaptureWorker } from './capture-worker.ts';
import { FoldTimer } from './fold-timer.ts';
import { RetentionTimer } from './retention-timer.ts';
import { BatchWriter } from './write-batch.ts';

export interface PipelineModuleOptions {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly queue: CaptureQueue;
  readonly logger: Logger;
  readonly now: () => number;
}

/** Batches handled at the same time; as many share a transaction. Each holds at most some 256 KiB and its decoded traces. */
const CONCURRENCY = 16;
const RETENTION_EVERY_MS = 3_600_000;
const FOLD_WAIT = { minWaitMs: 5_000, maxWaitMs: 60_000 };
const STOP_GRACE_MS = 2_000;

/** The pipeline: a worker on the capture queue, the folding of usage, and retention. */
@Module({})
export class PipelineModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(CaptureWorker) private readonly worker: CaptureWorker,
    @Inject(RetentionTimer) private readonly retention: RetentionTimer,
    @Inject(FoldTimer) private readonly fold: FoldTimer,
  ) {}

  static forRoot({ config, databaseUrl, queue, logger, now }: PipelineModuleOptions): DynamicModule {
    const { retentionDays, traceKey, olderTraceKeys } = config.capture;
    return {
      module: PipelineModule,
      imports: [
        StoreModule.forRoot({
          url: databaseUrl,
          applicationName: 'signalbox-pipeline',
          retention: { ...config.retention, traceDays: retentionDays, minuteDays: minuteUsageDays(retentionDays), evaluationDays: config.evaluation.retentionDays },
        }),
      ],
      providers: [
        {
          provide: CapturePipeline,
          inject: [TraceWriter, ReleaseOutlines],
          useFactory: (writer: TraceWriter, releases: ReleaseOutlines) =>
            new CapturePipeline(
              new TraceSealer({ current: loadTraceKey(config.home, traceKey), older: olderTraceKeys }),
              releases,
              new BatchWriter(writer, CONCURRENCY),
              { spoolRoot: join(config.home, 'spool'), retentionDays, usageRows: config.privacy.privateUsage?.requestTokens ?? null, now },
            ),
        },
        {
          provide: CaptureWorker,
          inject: [CapturePipeline],
          useFactory: (pipeline: CapturePipeline) => new CaptureWorker(queue, pipeline, logger, { concurrency: CONCURRENCY }),
        },
        {
          provide: RetentionTimer,
          inject: [Retention],
          useFactory: (retention: Retention) => new RetentionTimer(retention, logger, { everyMs: RETENTION_EVERY_MS, now }),
        },
        {
          provide: FoldTimer,
          inject: [UsageFolder],
          useFactory: (folder: UsageFolder) => new FoldTimer(folder, logger, { ...FOLD_WAIT, now }),
        },
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.worker.start();
    this.retention.start();
    this.fold.start();
  }

  /** Before the store closes its connections. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.worker.stop(STOP_GRACE_MS);
    await this.retention.stop();
    await this.fold.stop();
  }
}
