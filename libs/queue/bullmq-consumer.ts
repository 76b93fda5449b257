import { settledWithin } from './bull-adder.ts';
import { type CaptureConsumer, type ConsumerOptions } from './capture-queue.ts';
import { ANSWER_LIMIT_MS, RECONNECT_MS } from './job-settings.ts';

/** What the consumer uses of BullMQ's job and Worker, whichever the backend. */
export interface BullJob {
  readonly data: unknown;
  readonly attemptsMade: number;
}
export interface BullWorker {
  waitUntilReady(): Promise<unknown>;
  close(force?: boolean): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'failed', listener: (job: unknown, error: Error) => void): unknown;
}
export type OpenWorker = (process: (job: BullJob) => Promise<void>) => BullWorker;

/** Takes jobs through BullMQ and reconnects until it is closed. */
export class BullConsumer implements CaptureConsumer {
  private readonly open: OpenWorker;
  private readonly handler: (job: BullJob) => Promise<void>;
  private readonly options: ConsumerOptions;
  private readonly started: Promise<void>;
  private worker: BullWorker | null = null;
  private isClosed = false;
  private markClosed: () => void = () => undefined;
  private readonly closed = new Promise<void>((resolve) => {
    this.markClosed = resolve;
  });

  constructor(open: OpenWorker, handler: (job: BullJob) => Promise<void>, options: ConsumerOptions) {
    this.open = open;
    this.handler = handler;
    this.options = options;
    this.started = this.start();
  }

  ready(): Promise<void> {
    return this.started;
  }

  async close(graceMs: number): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.markClosed();
    await settledWithin(this.started, ANSWER_LIMIT_MS);
    const worker = this.worker;
    if (worker === null) return;
    const finished = await settledWithin(worker.close(), graceMs);
    if (finished.kind !== 'done') await settledWithin(worker.close(true), 1000);
  }

  /** A worker whose first connection fails never recovers by itself: another is made in its place. */
  private async start(): Promise<void> {
    while (!this.isClosed) {
      const worker = this.open((job) => this.handler(job));
      worker.on('error', this.options.onError);
      worker.on('failed', (_job, error) => this.options.onError(error));
      const outcome = await settledWithin(Promise.race([worker.waitUntilReady(), this.closed]), ANSWER_LIMIT_MS);
      if (outcome.kind === 'done' && !this.isClosed) {
        this.worker = worker;
        return;
      }
      if (outcome.kind === 'failed' && outcome.error instanceof Error) this.options.onError(outcome.error);
      await settledWithin(worker.close(true), 1000);
      await settledWithin(this.closed, RECONNECT_MS);
    }
  }
}
