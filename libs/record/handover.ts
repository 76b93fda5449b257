import { createHash } from 'node:crypto';
import { type CaptureJob } from '#libs/contract/capture/request-record';
import { type Clock } from './clock.ts';
import { backoffMs, type Delivery, type HandoverLimits, planHandover } from './handover-plan.ts';
import { type RefusalReason, type Spool } from './spool.ts';
import { type SealedBatch } from './spool-segment.ts';

/** Where batches are announced. Adding a batch that is still queued changes nothing. */
export interface CaptureProducer {
  add(jobs: readonly CaptureJob[]): Promise<void>;
}

/** Says which batches are written to the database for good. */
export interface CaptureLedger {
  written(batchIds: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface HandoverOptions extends HandoverLimits {
  /** `spool`: the pipeline reads the file from a shared disk. `inline`: the job carries the bytes. */
  readonly transport: 'spool' | 'inline';
  /** Time between two steps while batches wait for their confirmation. */
  readonly pollMs: number;
  /** Longest time between two tries while the queue or the database is away. */
  readonly maxBackoffMs: number;
  /** Time between two looks for folders of processes that are gone. */
  readonly adoptEveryMs: number;
}

export const HANDOVER_DEFAULTS: HandoverOptions = {
  transport: 'spool',
  redeliverAfterMs: 30_000,
  batchesPerStep: 64,
  maxInQueue: 512,
  pollMs: 500,
  maxBackoffMs: 10_000,
  adoptEveryMs: 10_000,
};

export interface HandoverProgress {
  readonly spooledBytes: number;
  /** Batches not yet added to the queue, and batches added but not confirmed. */
  readonly batchesWaiting: number;
  readonly batchesInQueue: number;
  /** Age of the oldest unconfirmed batch; 0 when there is none. */
  readonly oldestAgeMs: number;
  readonly batchesConfirmed: number;
  readonly redeliveries: number;
  /** Batches whose file is missing or changed, only noticed when the jobs carry the bytes. */
  readonly batchesUnreadable: number;
  readonly refused: Readonly<Partial<Record<RefusalReason, number>>>;
  /** Last error while the queue or the ledger is away, null while it answers. */
  readonly queueError: string | null;
  readonly ledgerError: string | null;
}

/** One side of the hand-over: how it fares and when to try it again. */
interface Side {
  failures: number;
  nextAtMs: number;
  error: string | null;
}

/**
 * Hands batches from the spool to the queue and removes each only when the ledger says that it is
 * written. Nothing here is needed for safety: after a crash the spool starts again from its files.
 */
export class Handover {
  private readonly spool: Spool;
  private readonly producer: CaptureProducer;
  private readonly ledger: CaptureLedger;
  private readonly clock: Clock;
  private readonly options: HandoverOptions;
  private readonly deliveries = new Map<string, Delivery>();
  private readonly queue: Side = { failures: 0, nextAtMs: 0, error: null };
  private readonly confirmation: Side = { failures: 0, nextAtMs: 0, error: null };
  private cancelStep: () => void = () => undefined;
  private cancelAdopt: () => void = () => undefined;
  private running: Promise<void> | null = null;
  private isStopped = true;
  private readonly unreadable = new Set<string>();
  private confirmed = 0;
  private redeliveries = 0;

  constructor(spool: Spool, producer: CaptureProducer, ledger: CaptureLedger, clock: Clock, options: Partial<HandoverOptions> = {}) {
    this.spool = spool;
    this.producer = producer;
    this.ledger = ledger;
    this.clock = clock;
    this.options = { ...HANDOVER_DEFAULTS, ...options };
  }

  /** Starts handing over; batches go out as they are sealed. */
  start(): void {
    this.isStopped = false;
    this.spool.onSealed = () => this.schedule(0);
    this.scheduleAdoption();
    this.schedule(0);
  }

  /** One round: add what is due, ask about what is queued, remove what is written. Never throws. */
  async step(): Promise<void> {
    const plan = planHandover(this.spool.batches(), this.deliveries, this.clock.nowMs(), this.options);
    await this.attempt(this.queue, plan.add.length > 0, () => this.add(plan.add));
    await this.attempt(this.confirmation, plan.ask.length > 0, () => this.confirm(plan.ask));
  }

  /** Figures for metrics and health. */
  progress(): HandoverProgress {
    const batches = this.spool.batches();
    const nowMs = this.clock.nowMs();
    const { heldBytes, refused } = this.spool.stats();
    return {
      spooledBytes: heldBytes,
      batchesWaiting: batches.length - this.deliveries.size,
      batchesInQueue: this.deliveries.size,
      oldestAgeMs: batches.reduce((age, batch) => Math.max(age, nowMs - batch.sealedAtMs), 0),
      batchesConfirmed: this.confirmed,
      redeliveries: this.redeliveries,
      batchesUnreadable: this.unreadable.size,
      refused,
      queueError: this.queue.error,
      ledgerError: this.confirmation.error,
    };
  }

  /** Hands over all that was recorded, within the time given. What is left stays in the spool. */
  async drain(timeoutMs: number): Promise<{ readonly drained: boolean; readonly batchesLeft: number }> {
    const deadlineMs = this.clock.nowMs() + timeoutMs;
    await this.spool.sealNow();
    while (this.spool.batches().length > 0) {
      const leftMs = deadlineMs - this.clock.nowMs();
      if (leftMs <= 0 || (await this.outlasts(this.round(), leftMs))) break;
      const waitMs = Math.min(this.options.pollMs, deadlineMs - this.clock.nowMs());
      if (this.spool.batches().length > 0 && waitMs > 0) await new Promise<void>((resume) => this.clock.after(waitMs, resume));
    }
    const batchesLeft = this.spool.batches().length;
    return { drained: batchesLeft === 0, batchesLeft };
  }

  /** Stops handing over; a round under way is waited for, at most `graceMs`. */
  async stop(graceMs = 1000): Promise<void> {
    this.isStopped = true;
    this.spool.onSealed = () => undefined;
    this.cancelStep();
    this.cancelAdopt();
    if (this.running !== null) await this.outlasts(this.running, graceMs);
  }

  private schedule(delayMs: number): void {
    if (this.isStopped || this.running !== null) return;
    this.cancelStep();
    this.cancelStep = this.clock.after(delayMs, () => void this.round());
  }

  /** One step at a time, whoever asks for it. */
  private round(): Promise<void> {
    this.running ??= this.step().finally(() => {
      this.running = null;
      if (this.spool.batches().length > 0) this.schedule(this.options.pollMs);
    });
    return this.running;
  }

  private async attempt(side: Side, isNeeded: boolean, action: () => Promise<void>): Promise<void> {
    if (!isNeeded || this.clock.nowMs() < side.nextAtMs) return;
    try {
      await action();
      side.failures = 0;
      side.nextAtMs = 0;
      side.error = null;
    } catch (error) {
      side.failures++;
      side.nextAtMs = this.clock.nowMs() + backoffMs(side.failures, this.options.pollMs, this.options.maxBackoffMs);
      side.error = error instanceof Error ? error.message : String(error);
    }
  }

  private async add(batches: readonly SealedBatch[]): Promise<void> {
    // With bytes in the jobs one at a time, so that an outage never holds many batches in memory.
    const groupSize = this.options.transport === 'inline' ? 1 : batches.length;
    for (let at = 0; at < batches.length; at += groupSize) {
      const group = batches.slice(at, at + groupSize);
      const jobs = (await Promise.all(group.map((batch) => this.jobOf(batch)))).filter((job) => job !== null);
      if (jobs.length > 0) await this.producer.add(jobs);
      for (const { batchId } of group) {
        const earlier = this.deliveries.get(batchId)?.deliveries ?? 0;
        if (earlier > 0) this.redeliveries++;
        this.deliveries.set(batchId, { deliveries: earlier + 1, lastAddedAtMs: this.clock.nowMs() });
      }
    }
  }

  /** The job of a batch; null for one that cannot be read, which must not hold up those behind it. */
  private async jobOf(batch: SealedBatch): Promise<CaptureJob | null> {
    const { batchId, requests, sha256, directory, file, bytes } = batch;
    if (this.options.transport === 'spool') return { version: 1, batchId, requests, transport: 'spool', directory, file, bytes, sha256 };
    const content = await this.spool.read(batch).catch(() => null);
    if (content === null || createHash('sha256').update(content).digest('hex') !== sha256) {
      this.unreadable.add(batchId);
      return null;
    }
    return { version: 1, batchId, requests, transport: 'inline', data: content.toString('base64'), sha256 };
  }

  private async confirm(batches: readonly SealedBatch[]): Promise<void> {
    const written = await this.ledger.written(batches.map(({ batchId }) => batchId));
    for (const { batchId } of batches) {
      if (!written.has(batchId)) continue;
      await this.spool.remove(batchId);
      this.deliveries.delete(batchId);
      this.unreadable.delete(batchId);
      this.confirmed++;
    }
  }

  private scheduleAdoption(): void {
    this.cancelAdopt = this.clock.after(this.options.adoptEveryMs, () => {
      // A folder that cannot be read now is tried again next time.
      void this.spool.adoptOrphans().catch(() => 0).then(() => {
        if (!this.isStopped) this.scheduleAdoption();
      });
    });
  }

  private async outlasts(action: Promise<void>, limitMs: number): Promise<boolean> {
    let cancel: () => void = () => undefined;
    const late = new Promise<boolean>((resume) => {
      cancel = this.clock.after(limitMs, () => resume(true));
    });
    try {
      return await Promise.race([action.then(() => false), late]);
    } finally {
      cancel();
    }
  }
}
