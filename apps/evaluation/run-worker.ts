import { setTimeout as sleep } from 'node:timers/promises';
import { type DataSource } from 'typeorm';
import { type CaptureConsumer } from '#libs/queue/capture-queue';
import { type EvaluationQueue } from '#libs/queue/evaluation-queue';
import { type Claim, type RunClaims } from '#libs/store/evaluation/run-claims';
import { type HolderLock, underHolderLock } from '#libs/store/evaluation/holder-lock';
import { type EvaluationOptions } from './evaluation-options.ts';
import { type RunDesk, type RunEnding } from './run-desk.ts';

const BEAT_MS = 5000;
const RETRY_MS = 1000;
/** A step under way may end; what it measured is kept then. */
const STOP_GRACE_MS = 2000;

export interface WorkerParts {
  readonly queue: EvaluationQueue;
  readonly claims: RunClaims;
  readonly desk: Pick<RunDesk, 'work'>;
  readonly dataSource: DataSource;
}

/** Takes runs from the queue, one at a time, and holds each while it works on it. */
export class RunWorker {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private work: Promise<void> | null = null;

  constructor(
    private readonly parts: WorkerParts,
    private readonly options: Pick<EvaluationOptions, 'logger' | 'now'>,
    private readonly onEnding: (kind: string, ending: RunEnding['ended']) => void,
  ) {}

  get isBusy(): boolean {
    return this.work !== null;
  }

  start(): void {
    this.running = this.#run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  async #run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.parts.queue.prepare();
        // What was under way as the last lock was lost ends first: one run at a time.
        await this.work;
        await underHolderLock(this.parts.dataSource, (lock) => this.#take(lock, signal));
      } catch (error) {
        if (signal.aborted) return;
        this.options.logger.warn({ err: error }, 'evaluation runs are not taken; it is tried again');
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** @throws Error once the lock is gone: others may take what this process holds */
  async #take(lock: HolderLock, stopped: AbortSignal): Promise<void> {
    const lost = new AbortController();
    const signal = AbortSignal.any([stopped, lost.signal]);
    const onError = (error: Error): void => this.options.logger.warn({ err: error }, 'evaluation queue');
    const consumer: CaptureConsumer = this.parts.queue.consume((id) => this.#hold(id, lock, signal), { concurrency: 1, onError });
    try {
      while (!signal.aborted) {
        await sleep(BEAT_MS, undefined, { signal: stopped }).catch(() => undefined);
        if (!stopped.aborted) await lock.check();
      }
    } finally {
      lost.abort();
      await consumer.close(STOP_GRACE_MS);
    }
  }

  async #hold(id: string, lock: HolderLock, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const work = this.#do(id, lock, signal);
    this.work = work.catch(() => undefined).finally(() => (this.work = null));
    await work;
  }

  async #do(id: string, { holder }: HolderLock, signal: AbortSignal): Promise<void> {
    const claim = await this.parts.claims.claim(id, holder, this.options.now());
    if (claim === null) return;
    const { logger } = this.options;
    const about = { evaluation: id, kind: claim.run.spec.kind, attempt: claim.attempt };
    logger.info(about, 'an evaluation is being run');
    const lost = new AbortController();
    const beats = setInterval(() => void this.#beat(claim, lost), BEAT_MS);
    try {
      const ending = await this.parts.desk.work(claim, AbortSignal.any([signal, lost.signal]));
      this.onEnding(claim.run.spec.kind, ending.ended);
      if (ending.ended === 'retry') logger.warn({ ...about, err: ending.error, waitMs: ending.waitMs }, 'an evaluation failed and is tried again');
      else logger.info({ ...about, ended: ending.ended, ...(ending.ended === 'failed' ? { reason: ending.error.reason } : {}) }, 'an evaluation has ended here');
    } finally {
      clearInterval(beats);
    }
  }

  /** A beat that fails says nothing: a database that is away for good shows at the next step. */
  async #beat(claim: Claim, lost: AbortController): Promise<void> {
    try {
      if (!(await this.parts.claims.beat(claim))) lost.abort();
    } catch (error) {
      this.options.logger.warn({ err: error }, 'an evaluation could not show that it goes on');
    }
  }
}
