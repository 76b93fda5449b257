import { type Logger } from '#libs/platform/logs/logger';
import { meter } from '#libs/platform/telemetry/metrics';
import { type CaptureConsumer, type CaptureDelivery, type CaptureQueue } from '#libs/queue/capture-queue';
import { type BatchReport, type CapturePipeline } from './capture-pipeline.ts';

/** Takes jobs from the capture queue and reports what became of them. */
export class CaptureWorker {
  private consumer: CaptureConsumer | null = null;
  private readonly traces = meter().createCounter('signalbox.traces.written', { description: 'Traces written to the database' });
  private readonly left = meter().createCounter('signalbox.traces.refused', { description: 'Captured requests not written as traces, by reason' });

  constructor(
    private readonly queue: CaptureQueue,
    private readonly pipeline: Pick<CapturePipeline, 'handle'>,
    private readonly logger: Logger,
    private readonly options: { readonly concurrency: number },
  ) {}

  /** Returns at once; jobs are taken as soon as the queue answers. */
  start(): void {
    this.consumer = this.queue.consume((delivery) => this.handle(delivery), {
      concurrency: this.options.concurrency,
      onError: (error) => this.logger.warn({ err: error }, 'capture queue'),
    });
  }

  async stop(graceMs: number): Promise<void> {
    await this.consumer?.close(graceMs);
  }

  private async handle({ job, traceparent }: CaptureDelivery): Promise<void> {
    const report = await this.pipeline.handle(job, traceparent);
    this.traces.add(report.traces);
    if (report.refused > 0) this.left.add(report.refused, { reason: 'older-than-retention' });
    for (const [reason, count] of Object.entries(report.quarantined)) this.left.add(count, { reason });
    this.log(report);
  }

  private log(report: BatchReport): void {
    const isWhole = report.refused === 0 && Object.keys(report.quarantined).length === 0;
    if (isWhole) this.logger.debug(report, 'batch');
    else this.logger.warn(report, 'some requests of a batch were not written as traces; see trace_quarantine');
  }
}
