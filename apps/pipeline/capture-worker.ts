import { type Logger } from '#libs/platform/logs/logger';
import { meter, SECONDS_BUCKETS } from '#libs/platform/telemetry/metrics';
import { type CaptureConsumer, type CaptureDelivery, type CaptureQueue } from '#libs/queue/capture-queue';
import { type BatchReport, type CapturePipeline } from './capture-pipeline.ts';

/** Takes jobs from the capture queue and reports what became of them. */
export class CaptureWorker {
  private consumer: CaptureConsumer | null = null;
  private readonly traces = meter().createCounter('signalbox.traces.written', { description: 'Traces written to the database.' });
  private readonly refused = meter().createCounter('signalbox.traces.refused', { description: 'Captured requests that may no longer be kept, by reason.' });
  private readonly quarantined = meter().createCounter('signalbox.traces.quarantined', { description: 'Captured requests set aside in trace_quarantine, by reason.' });
  private readonly batches = meter().createCounter('signalbox.batches', { description: 'Deliveries of batches, by what became of them.' });
  private readonly durations = meter().createHistogram('signalbox.batch.duration', {
    unit: 's',
    description: 'From the delivery of a batch to its commit.',
    advice: { explicitBucketBoundaries: SECONDS_BUCKETS },
  });
  private readonly queueErrors = meter().createCounter('signalbox.queue.errors', { description: 'Errors of the capture queue, and of batches that it will deliver again.' });

  constructor(
    private readonly queue: CaptureQueue,
    private readonly pipeline: Pick<CapturePipeline, 'handle'>,
    private readonly logger: Logger,
    private readonly options: { readonly concurrency: number },
  ) {}

  /** Returns at once; jobs are taken as soon as the queue answers. */
  start(): void {
    // From the start on, so that a rate over them shows the first one.
    this.traces.add(0);
    this.queueErrors.add(0);
    this.consumer = this.queue.consume((delivery) => this.handle(delivery), {
      concurrency: this.options.concurrency,
      onError: (error) => {
        this.queueErrors.add(1);
        this.logger.warn({ err: error }, 'capture queue');
      },
    });
  }

  async stop(graceMs: number): Promise<void> {
    await this.consumer?.close(graceMs);
  }

  private async handle({ job, traceparent }: CaptureDelivery): Promise<void> {
    const startedMs = performance.now();
    let outcome: BatchReport['outcome'] | 'failed' = 'failed';
    try {
      const report = await this.pipeline.handle(job, traceparent);
      outcome = report.outcome;
      this.count(report);
      this.log(report);
    } finally {
      this.batches.add(1, { outcome });
      if (outcome === 'written') this.durations.record((performance.now() - startedMs) / 1000);
    }
  }

  private count(report: BatchReport): void {
    this.traces.add(report.traces);
    if (report.refused > 0) this.refused.add(report.refused, { reason: 'older-than-retention' });
    for (const [reason, count] of Object.entries(report.quarantined)) this.quarantined.add(count, { reason });
  }

  private log(report: BatchReport): void {
    const isWhole = report.refused === 0 && Object.keys(report.quarantined).length === 0;
    if (isWhole) this.logger.debug(report, 'batch');
    else this.logger.warn(report, 'some requests of a batch were not written as traces; see trace_quarantine');
  }
}
