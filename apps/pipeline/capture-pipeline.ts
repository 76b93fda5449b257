import { type CaptureJob } from '#libs/contract/capture/request-record';
import { MOE_BATCH_ID, MOE_BATCH_TRACES } from '#libs/platform/telemetry/moe-attributes';
import { withSpan } from '#libs/platform/telemetry/tracing';
import { type TraceSealer } from '#libs/record/seal';
import { type ReleaseOutlines } from '#libs/store/releases/release-outlines';
import { aggregateUsage } from './aggregate-usage.ts';
import { originOf } from './batch-origin.ts';
import { openTraces } from './open-traces.ts';
import { readCapturedBatch } from './read-batch.ts';
import { screenRequests } from './screen-requests.ts';
import { type BatchWriter } from './write-batch.ts';

export interface CapturePipelineOptions {
  /** The only directory from which batches are read. */
  readonly spoolRoot: string;
  readonly retentionDays: number;
  /** Tokens of a request that usage counts at most; left out: all. */
  readonly usageRows?: number | null;
  readonly now: () => number;
}

/** What became of one delivery of a batch. Counts are of requests. */
export interface BatchReport {
  readonly batchId: string;
  readonly outcome: 'written' | 'already-written' | 'gone';
  readonly traces: number;
  readonly refused: number;
  /** Number of quarantined requests by reason. */
  readonly quarantined: Readonly<Record<string, number>>;
}

/** Takes a job from the queue to the database: read, open, screen, aggregate, write. Idempotent. */
export class CapturePipeline {
  constructor(
    private readonly sealer: Pick<TraceSealer, 'open'>,
    private readonly releases: Pick<ReleaseOutlines, 'resolve'>,
    private readonly writer: Pick<BatchWriter, 'write'>,
    private readonly options: CapturePipelineOptions,
  ) {}

  /** @throws whatever keeps the whole batch from being read or written; then nothing of it is written */
  async handle(job: CaptureJob, traceparent: string | null): Promise<BatchReport> {
    const nothing = { batchId: job.batchId, traces: 0, refused: 0, quarantined: {} };
    const captured = await readCapturedBatch(job, this.options.spoolRoot);
    if (!captured) return { ...nothing, outcome: 'gone' };
    const origin = originOf(captured.captured.map(({ record }) => record.traceparent), traceparent);
    const attributes = { [MOE_BATCH_ID]: job.batchId, [MOE_BATCH_TRACES]: captured.captured.length };
    return withSpan('moe.trace.write', { attributes, ...origin }, async () => {
      const opened = openTraces(captured, this.sealer);
      const nowMs = this.options.now();
      const releases = await this.releases.resolve(opened.opened.map(({ record }) => record.releaseId));
      const screened = screenRequests(opened, { nowMs, retentionDays: this.options.retentionDays, releases });
      const outcome = await this.writer.write(aggregateUsage(screened, nowMs, this.options.usageRows ?? null));
      if (outcome === 'already-written') return { ...nothing, outcome };
      return {
        batchId: job.batchId,
        outcome,
        traces: screened.admitted.length,
        refused: screened.refused,
        quarantined: countBy(screened.quarantined.map(({ reason }) => reason)),
      };
    });
  }
}

function countBy(names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, same]) => [name, same.length]));
}
