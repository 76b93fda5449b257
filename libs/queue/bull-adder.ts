import { QueueAwayError } from './capture-queue.ts';
import { ANSWER_LIMIT_MS } from './job-settings.ts';

/** A job as it is given to BullMQ. A second one with the id of one that is there is ignored. */
export interface BullJobInput<Data> {
  name: string;
  data: Data;
  opts: { jobId: string; attempts: number; removeOnComplete: true; removeOnFail: true };
}

/** What adding needs of BullMQ's Queue, whichever its backend. */
export interface BullQueue<Data> {
  waitUntilReady(): Promise<unknown>;
  add(name: string, data: Data, opts: BullJobInput<Data>['opts']): Promise<unknown>;
  addBulk(jobs: BullJobInput<Data>[]): Promise<unknown>;
  close(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** Adds jobs through BullMQ; answers in bounded time whatever the server does. */
export class BullAdder<Data> {
  private readonly open: () => BullQueue<Data>;
  private readonly answerLimitMs: number;
  private queue: BullQueue<Data> | null = null;
  private isReady = false;
  /** A call that ran over its time and has not ended yet: no second one is sent after it. */
  private overdue: Promise<void> | null = null;

  constructor(open: () => BullQueue<Data>, answerLimitMs: number = ANSWER_LIMIT_MS) {
    this.open = open;
    this.answerLimitMs = answerLimitMs;
  }

  /** @throws QueueAwayError within the time limit when the queue's server does not answer */
  async add(jobs: BullJobInput<Data>[]): Promise<void> {
    if (this.overdue !== null) throw new QueueAwayError('an earlier call to the queue still has no answer');
    await this.inTime(async () => {
      const queue = await this.readyQueue();
      const [first] = jobs;
      // In PostgreSQL a bulk makes and drops two temporary tables, which costs more than the rest of a batch together.
      if (first && jobs.length === 1) await queue.add(first.name, first.data, first.opts);
      else await queue.addBulk(jobs);
    });
  }

  async close(): Promise<void> {
    await this.discard();
  }

  /** BullMQ remembers a first connection that failed, so such a queue is thrown away, not asked again. */
  private async readyQueue(): Promise<BullQueue<Data>> {
    if (this.queue === null) {
      this.queue = this.open();
      // Errors of idle connections; what matters comes back from the call that needs the connection.
      this.queue.on('error', () => undefined);
    }
    if (!this.isReady) {
      await this.queue.waitUntilReady();
      this.isReady = true;
    }
    return this.queue;
  }

  private async discard(): Promise<void> {
    const queue = this.queue;
    this.queue = null;
    this.isReady = false;
    // Closing may wait for a server that is away; nothing is lost by not waiting for it.
    if (queue !== null) await settledWithin(queue.close(), 1000);
  }

  private async inTime(call: () => Promise<void>): Promise<void> {
    const running = call();
    const outcome = await settledWithin(running, this.answerLimitMs);
    if (outcome.kind === 'done') return;
    if (outcome.kind === 'late' && this.isReady) {
      this.overdue = running.catch(() => undefined).finally(() => (this.overdue = null));
    }
    if (!this.isReady) await this.discard();
    const why = outcome.kind === 'late' ? `no answer within ${this.answerLimitMs} ms` : messageOf(outcome.error);
    throw new QueueAwayError(`the queue did not take the jobs: ${why}`, outcome.kind === 'failed' ? outcome.error : undefined);
  }
}

type Outcome = { readonly kind: 'done' } | { readonly kind: 'late' } | { readonly kind: 'failed'; readonly error: unknown };

/** Waits for a promise at most `limitMs`; never rejects. */
export async function settledWithin(running: Promise<unknown>, limitMs: number): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome>((resolve) => {
    timer = setTimeout(() => resolve({ kind: 'late' }), limitMs);
  });
  const settled = running.then(
    (): Outcome => ({ kind: 'done' }),
    (error: unknown): Outcome => ({ kind: 'failed', error }),
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}

function messageOf(error: unknown): string {
  // A refused connection to a name with several addresses has its text in the parts.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
