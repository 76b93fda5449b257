import { setTimeout as sleep } from 'node:timers/promises';
import { type EvaluationProducer, type EvaluationQueue } from '#libs/queue/evaluation-queue';
import { type RunClaims } from '#libs/store/evaluation/run-claims';
import { type EvaluationOptions } from './evaluation-options.ts';

const POLL_MS = 1000;
const MAX_PER_LOOK = 50;
/** A job that brought nothing is added again after this long: the queue may have lost it. */
const ADD_AGAIN_MS = 3000;

export interface MoverParts {
  readonly queue: EvaluationQueue;
  readonly claims: Pick<RunClaims, 'due'>;
}

/** Moves runs that wait for a process from their table into the queue. Several processes may: a job that is there is not added again. */
export class RunMover {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private producer: EvaluationProducer | null = null;
  /** When each job was added. What is not due any more falls out. */
  private added = new Map<string, number>();

  constructor(
    private readonly parts: MoverParts,
    private readonly options: Pick<EvaluationOptions, 'logger' | 'now'>,
  ) {}

  start(): void {
    this.running = this.#run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.producer?.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.stopping;
    let isPrepared = false;
    while (!signal.aborted) {
      try {
        if (!isPrepared) await this.parts.queue.prepare();
        isPrepared = true;
        await this.#move();
      } catch (error) {
        this.options.logger.warn({ err: error }, 'runs of evaluations are not moved into the queue; it is tried again');
      }
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #move(): Promise<void> {
    const nowMs = this.options.now();
    const due = (await this.parts.claims.due(MAX_PER_LOOK)).map(({ id, attempt }) => ({ job: { runId: id, attempt }, key: `${id} ${attempt}` }));
    this.added = new Map(due.flatMap(({ key }) => (this.added.has(key) ? [[key, this.added.get(key)!]] : [])));
    const fresh = due.filter(({ key }) => nowMs - (this.added.get(key) ?? 0) >= ADD_AGAIN_MS);
    if (fresh.length === 0) return;
    this.producer ??= this.parts.queue.producer();
    await this.producer.add(fresh.map(({ job }) => job));
    for (const { key } of fresh) this.added.set(key, nowMs);
  }
}
