import { setTimeout as sleep } from 'node:timers/promises';
import { type DataSource } from 'typeorm';
import { type DeliveryProducer, type DeliveryQueue } from '#libs/queue/delivery-queue';
import { LOCKS } from '#libs/store/locks';
import { type Deliveries } from '#libs/store/receivers/deliveries';
import { underSessionLock } from '#libs/store/session-lock';
import { type WatchOptions } from '../watch-options.ts';
import { type WatchTask } from '../watch-task.ts';
import { type DeliverOptions } from './deliver-options.ts';

/** Deliveries put into the queue at one look. */
const MAX_PER_LOOK = 500;
/** A job that brought nothing is added again after this long: the queue may have lost it. */
const ADD_AGAIN_MS = 3000;
const RETRY_MS = 1000;
const PURGE_EVERY_MS = 3_600_000;
const PURGE_ROWS = 10_000;
const RETENTION_MS = 30 * 24 * 3_600_000;

/** Moves notifications that are due from the outbox into the queue, in one process at a time; deletes old ones. */
export class OutboxMover implements WatchTask {
  readonly name = 'outbox';
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private producer: DeliveryProducer | null = null;
  /** When each job was added. What is not due any more falls out. */
  private added = new Map<string, number>();
  private wake: () => void = () => undefined;
  private isAsked = false;
  private purgedAtMs = 0;

  constructor(
    private readonly queue: DeliveryQueue,
    private readonly deliveries: Deliveries,
    private readonly dataSource: DataSource,
    private readonly options: Pick<DeliverOptions, 'now' | 'pollMs'>,
    private readonly watch: Pick<WatchOptions, 'logger'>,
  ) {}

  start(): void {
    this.running = this.#run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.running;
    await this.producer?.close();
  }

  /** Asks for a look soon. */
  look(): void {
    this.isAsked = true;
    this.wake();
  }

  async #run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.queue.prepare();
        this.producer ??= this.queue.producer();
        await underSessionLock(this.dataSource, LOCKS.deliveries, { signal }, () => this.#lookUntilStopped(signal));
      } catch (error) {
        if (signal.aborted) return;
        this.watch.logger.warn({ err: error }, 'the outbox is not moved; it is tried again');
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #lookUntilStopped(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.isAsked = false;
      await this.#move();
      await this.#purge();
      if (!this.isAsked) await this.#pause(signal);
    }
  }

  async #move(): Promise<void> {
    const nowMs = this.options.now();
    const due = await this.deliveries.due(nowMs, MAX_PER_LOOK);
    const named = due.map((job) => ({ job, key: `${job.notificationId} ${job.claims}` }));
    this.added = new Map(named.flatMap(({ key }) => (this.added.has(key) ? [[key, this.added.get(key)!]] : [])));
    const fresh = named.filter(({ key }) => nowMs - (this.added.get(key) ?? 0) >= ADD_AGAIN_MS);
    if (fresh.length === 0) return;
    await this.producer!.add(fresh.map(({ job }) => job));
    for (const { key } of fresh) this.added.set(key, nowMs);
  }

  async #purge(): Promise<void> {
    const nowMs = this.options.now();
    if (nowMs - this.purgedAtMs < PURGE_EVERY_MS) return;
    const purged = await this.deliveries.purge(nowMs - RETENTION_MS, PURGE_ROWS);
    // A full batch says that there is more.
    if (purged < PURGE_ROWS) this.purgedAtMs = nowMs;
  }

  #pause(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.options.pollMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (signal.aborted) this.wake();
    });
  }
}
