import { type CaptureJob } from '#libs/contract/capture/request-record';

/** Announces batches to the pipeline. */
export interface CaptureProducer {
  /**
   * Adds jobs; one whose batch id is still queued or being handled is ignored. After an error some
   * of them may have been added: add them all again.
   * @param traceparent W3C trace context of whoever adds them; the consumer gets it back.
   * @throws QueueAwayError within the time limit when the queue's server does not answer.
   */
  add(jobs: readonly CaptureJob[], traceparent?: string): Promise<void>;
  close(): Promise<void>;
}

/** One handling of a job. */
export interface CaptureDelivery {
  readonly job: CaptureJob;
  readonly traceparent: string | null;
  /** 1 for the first try; a try that ended with its process is not counted. */
  readonly attempt: number;
}

/**
 * Handles a job. It may run again for the same batch, even at the same time as a run whose process
 * was given up too early, so it must be idempotent. A rejection asks for another try.
 */
export type CaptureHandler = (delivery: CaptureDelivery) => Promise<void>;

export interface CaptureConsumer {
  /** Resolves once jobs are taken, or at the close; keeps trying while the server is away. */
  ready(): Promise<void>;
  /** Takes no more jobs and waits for those being handled, at most `graceMs`; the rest are redelivered. */
  close(graceMs: number): Promise<void>;
}

export interface ConsumerOptions {
  /** Jobs handled at the same time. */
  readonly concurrency: number;
  /** Told of each error of the connection and of each failed try. */
  readonly onError: (error: Error) => void;
}

/** The capture queue on one of its backends. */
export interface CaptureQueue {
  /** Creates or upgrades what the queue keeps in its server. Run once before the first use. */
  prepare(): Promise<void>;
  producer(): CaptureProducer;
  consume(handler: CaptureHandler, options: ConsumerOptions): CaptureConsumer;
}

/** The queue's server did not answer in time or refused the connection. */
export class QueueAwayError extends Error {
  override readonly name = 'QueueAwayError';

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
  }
}
