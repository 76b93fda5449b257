import { type CaptureJob } from '#libs/contract/capture/request-record';
import { BullAdder, type BullQueue } from './bull-adder.ts';
import { type CaptureProducer } from './capture-queue.ts';
import { type CaptureJobData } from './job-data.ts';
import { JOB_SETTINGS } from './job-settings.ts';

/** Adds capture jobs through BullMQ; answers in bounded time whatever the server does. */
export class BullProducer implements CaptureProducer {
  private readonly adder: BullAdder<CaptureJobData>;

  constructor(open: () => BullQueue<CaptureJobData>, answerLimitMs?: number) {
    this.adder = new BullAdder(open, answerLimitMs);
  }

  async add(jobs: readonly CaptureJob[], traceparent?: string): Promise<void> {
    await this.adder.add(jobs.map((job) => ({ name: 'batch', data: { job, traceparent: traceparent ?? null }, opts: { ...JOB_SETTINGS, jobId: job.batchId } })));
  }

  close(): Promise<void> {
    return this.adder.close();
  }
}
