import { mkdir, readFile, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type CapturedRequest } from '#libs/contract/capture/request-record';
import { BatchFormatError, encodeFrame } from './batch-format.ts';
import { type Clock } from './clock.ts';
import { adoptFolder, beat, claimNewFolder, discardFolder, type FolderClaim, isCode, releaseFolder, spoolFolders, sweepHiddenFolders } from './spool-claim.ts';
import { OpenSegment, recoverFolder, type SealedBatch, syncFolder } from './spool-segment.ts';

/**
 * When an append counts as done. `memory`: at once. `answered`: written to the file, so it survives
 * the kill of any process. `fsync`: on the disk, so it survives a loss of power; appends share syncs.
 */
export type Durability = 'memory' | 'answered' | 'fsync';

export interface SpoolOptions {
  /** Directory of the spool; made when missing, shared by several processes. */
  readonly root: string;
  readonly durability: Durability;
  /** A segment is closed when it has this many bytes. */
  readonly segmentBytes: number;
  /** ... or when its first record is this old; longer while many batches wait. */
  readonly segmentAgeMs: number;
  /** The same for a segment begun within `segmentAgeMs` of the end of another, as under steady traffic. Left out: `segmentAgeMs`. */
  readonly steadyAgeMs?: number;
  /** Bytes of all records held; beyond it records are refused. */
  readonly maxBytes: number;
  readonly clock: Clock;
}

export type RefusalReason = 'spool-full' | 'disk-slow' | 'record-too-large' | 'write-failed' | 'closed';

/** A record that the spool did not take; counted under its reason. Serving goes on without it. */
export class SpoolRefusedError extends Error {
  override readonly name = 'SpoolRefusedError';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

interface PendingFrame {
  readonly frame: Buffer;
  readonly done: () => void;
  readonly failed: (error: SpoolRefusedError) => void;
}

/** Records accepted but not yet written: more than this means that the disk does not keep up. */
const MAX_PENDING_BYTES = 32 * 1024 * 1024;
const HEARTBEAT_MS = 15_000;
/** While batches wait, segments stay open longer, so that an outage leaves few files, not many. */
const BACKLOG_STEP = 8;
const MAX_SEGMENT_AGE_MS = 30_000;

/** Age at which a segment is closed, given how many batches wait. */
export function segmentAgeLimitMs(segmentAgeMs: number, waitingBatches: number): number {
  return Math.min(Math.max(segmentAgeMs, MAX_SEGMENT_AGE_MS), segmentAgeMs * (1 + Math.floor(waitingBatches / BACKLOG_STEP)));
}

/** A local write-ahead log of captured requests, cut into batches that are handed over and removed. */
export class Spool {
  /** Called when a batch is ready. */
  onSealed: () => void = () => undefined;
  private readonly options: SpoolOptions;
  private readonly own: FolderClaim;
  private readonly claims = new Map<string, FolderClaim>();
  private readonly sealed = new Map<string, SealedBatch>();
  private readonly refusals = new Map<RefusalReason, number>();
  private pending: PendingFrame[] = [];
  private pendingBytes = 0;
  private heldBytes = 0;
  private appended = 0;
  private lastClosedAtMs = Number.NEGATIVE_INFINITY;
  private active: OpenSegment | null = null;
  private cancelAge: () => void = () => undefined;
  private cancelBeat: () => void = () => undefined;
  private isFlushQueued = false;
  private isClosed = false;
  private hasUnsealed = false;
  /** File work runs one after another along this chain; each link handles its own errors. */
  private work: Promise<void> = Promise.resolve();

  private constructor(options: SpoolOptions, own: FolderClaim) {
    this.options = options;
    this.own = own;
    this.claims.set(own.folder, own);
    this.scheduleBeat();
  }

  /** Opens the spool and adopts what processes that are gone left in it. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const root = resolve(options.root);
    await mkdir(root, { recursive: true, mode: 0o700 });
    const spool = new Spool({ ...options, root }, await claimNewFolder(root));
    if (options.durability === 'fsync') {
      await syncFolder(root);
      await syncFolder(dirname(root));
    }
    await spool.adoptOrphans();
    return spool;
  }

  /**
   * Takes a record; resolves at the configured durability, for `memory` at once.
   * @throws SpoolRefusedError (as a rejection) with the reason; nothing is kept of the record then.
   */
  append(captured: CapturedRequest): Promise<void> {
    let frame: Buffer;
    try {
      frame = encodeFrame(captured);
    } catch (error) {
      if (error instanceof BatchFormatError) return Promise.reject(this.refusal('record-too-large', error.message));
      throw error;
    }
    const { maxBytes, durability } = this.options;
    if (this.isClosed) return Promise.reject(this.refusal('closed', 'the spool is closed'));
    if (this.heldBytes + frame.length > maxBytes) {
      return Promise.reject(this.refusal('spool-full', `the spool holds ${this.heldBytes} of at most ${maxBytes} bytes`));
    }
    if (this.pendingBytes + frame.length > MAX_PENDING_BYTES) {
      return Promise.reject(this.refusal('disk-slow', `${this.pendingBytes} bytes wait for the disk`));
    }
    this.heldBytes += frame.length;
    this.pendingBytes += frame.length;
    const written = new Promise<void>((done, failed) => this.pending.push({ frame, done, failed }));
    this.queueFlush();
    if (durability !== 'memory') return written;
    // Nobody waits at this level; a failed write is still counted.
    written.catch(() => undefined);
    return Promise.resolve();
  }

  /** Batches that wait for their confirmation, oldest first. */
  batches(): SealedBatch[] {
    return [...this.sealed.values()];
  }

  /** Reads a batch's bytes, for hand-over without a shared disk. */
  read(batch: SealedBatch): Promise<Buffer> {
    return readFile(join(batch.directory, batch.file));
  }

  /** Removes a batch that is confirmed. */
  async remove(batchId: string): Promise<void> {
    const batch = this.sealed.get(batchId);
    if (batch === undefined) return;
    await unlink(join(batch.directory, batch.file)).catch((error: unknown) => {
      if (!isCode(error, 'ENOENT')) throw error;
    });
    if (!this.sealed.delete(batchId)) return;
    this.heldBytes -= batch.bytes;
    await this.discardIfEmpty(batch.directory);
  }

  /** Closes the segment being written, so that all records are in batches. */
  async sealNow(): Promise<void> {
    await this.enqueue(async () => {
      await this.flush();
      await this.sealActive();
    });
  }

  /** Takes over folders of processes that are gone; returns how many batches that gave. */
  async adoptOrphans(): Promise<number> {
    const { root, clock } = this.options;
    let adopted = 0;
    await sweepHiddenFolders(root, clock.nowMs());
    for (const folder of await spoolFolders(root)) {
      if (this.claims.has(folder)) continue;
      const claim = await adoptFolder(folder, clock.nowMs());
      if (claim === null) continue;
      this.claims.set(folder, claim);
      for (const batch of await this.recover(claim)) {
        this.sealed.set(batch.batchId, batch);
        this.heldBytes += batch.bytes;
        adopted++;
      }
      await this.discardIfEmpty(folder);
    }
    if (adopted > 0) this.onSealed();
    return adopted;
  }

  /** Figures for metrics. */
  stats(): { heldBytes: number; appended: number; refused: Readonly<Partial<Record<RefusalReason, number>>> } {
    return { heldBytes: this.heldBytes, appended: this.appended, refused: Object.fromEntries(this.refusals) };
  }

  /** Writes what was taken, closes the segment and leaves unconfirmed batches to the next process. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.sealNow();
    this.cancelBeat();
    for (const claim of this.claims.values()) {
      const isStranded = this.hasUnsealed && claim === this.own;
      if (isStranded || this.holdsBatches(claim.folder)) await releaseFolder(claim);
      else await discardFolder(claim);
    }
    this.claims.clear();
  }

  /** A folder that cannot be read now is given back, so that a later look finds it again. */
  private async recover(claim: FolderClaim): Promise<SealedBatch[]> {
    try {
      return await recoverFolder(claim.folder);
    } catch (error) {
      this.claims.delete(claim.folder);
      await releaseFolder(claim).catch(() => undefined);
      throw error;
    }
  }

  private refusal(reason: RefusalReason, message: string, cause?: unknown): SpoolRefusedError {
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
    return new SpoolRefusedError(reason, message, cause);
  }

  /** Appends of one turn of the event loop, and all that come during a write, go out together. */
  private queueFlush(): void {
    if (this.isFlushQueued) return;
    this.isFlushQueued = true;
    setImmediate(() => {
      void this.enqueue(() => {
        this.isFlushQueued = false;
        return this.flush();
      });
    });
  }

  private enqueue(action: () => Promise<void>): Promise<void> {
    const done = this.work.then(action);
    this.work = done.catch(() => undefined);
    return done;
  }

  private async flush(): Promise<void> {
    const frames = this.pending;
    this.pending = [];
    for (let start = 0; start < frames.length; ) {
      const room = this.options.segmentBytes - (this.active?.bytes ?? 0);
      let end = start;
      for (let bytes = 0; end < frames.length && bytes < room; end++) bytes += frames[end]!.frame.length;
      await this.writeGroup(frames.slice(start, end));
      start = end;
    }
  }

  private async writeGroup(group: readonly PendingFrame[]): Promise<void> {
    const bytes = Buffer.concat(group.map(({ frame }) => frame));
    try {
      const segment = (this.active ??= await this.openSegment());
      await segment.write(bytes, group.length, this.options.durability === 'fsync');
      this.appended += group.length;
      for (const { done } of group) done();
      if (segment.bytes >= this.options.segmentBytes) await this.sealActive();
    } catch (error) {
      this.heldBytes -= bytes.length;
      for (const { failed } of group) failed(this.refusal('write-failed', 'the spool could not write a record', error));
      await this.sealActive();
    } finally {
      this.pendingBytes -= bytes.length;
    }
  }

  private async openSegment(): Promise<OpenSegment> {
    const { durability, segmentAgeMs, steadyAgeMs = segmentAgeMs, clock } = this.options;
    const segment = await OpenSegment.create(this.own.folder, durability === 'fsync');
    const ageMs = clock.nowMs() - this.lastClosedAtMs < segmentAgeMs ? steadyAgeMs : segmentAgeMs;
    this.cancelAge = clock.after(segmentAgeLimitMs(ageMs, this.sealed.size), () => {
      void this.enqueue(() => (this.active === segment ? this.sealActive() : Promise.resolve()));
    });
    return segment;
  }

  private async sealActive(): Promise<void> {
    const segment = this.active;
    if (segment === null) return;
    this.active = null;
    this.lastClosedAtMs = this.options.clock.nowMs();
    this.cancelAge();
    // A segment that cannot be closed keeps its file: the next open finds and recovers it.
    const batch = await segment.seal(this.options.clock.nowMs()).catch(() => {
      this.hasUnsealed = true;
      return null;
    });
    if (batch === null) return;
    this.sealed.set(batch.batchId, batch);
    this.onSealed();
  }

  private holdsBatches(folder: string): boolean {
    for (const batch of this.sealed.values()) if (batch.directory === folder) return true;
    return false;
  }

  private async discardIfEmpty(folder: string): Promise<void> {
    const claim = this.claims.get(folder);
    if (claim === undefined || claim === this.own || this.holdsBatches(folder)) return;
    this.claims.delete(folder);
    await discardFolder(claim);
  }

  private scheduleBeat(): void {
    this.cancelBeat = this.options.clock.after(HEARTBEAT_MS, () => {
      const nowMs = this.options.clock.nowMs();
      for (const claim of this.claims.values()) beat(claim, nowMs).catch(() => undefined);
      this.scheduleBeat();
    });
  }
}
