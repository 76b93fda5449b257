import { type BeforeApplicationShutdown, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { type Checkpoint, readCheckpoint, verifyCheckpoint } from '#libs/governance/audit/checkpoint';
import { type CheckResult } from '#libs/platform/health/health';
import { type WitnessFile } from '#libs/platform/home/witness-file';
import { type AuditCheckpointsPort, type AuditSigner, type AuditTreePort } from './audit-ports.ts';
import { LogFollower } from './log-follower.ts';

export interface KeeperOptions {
  /** Signs after so many entries, or so long after the first entry that has no checkpoint. */
  readonly everyEntries: number;
  readonly everyMs: number;
  readonly now: () => number;
}

export interface KeeperPorts {
  readonly tree: AuditTreePort;
  readonly checkpoints: AuditCheckpointsPort;
  readonly signer: AuditSigner;
  readonly witness: Pick<WitnessFile, 'read' | 'append' | 'path'>;
}

const LOOK_MS = 2_000;
/** Checkpoints of the database that the log is held against at the start. */
const MAX_ANCHORS = 100;

/**
 * Signs checkpoints of the audit log, and never over a log that contradicts an earlier one: then it
 * stops, and the check of the process says why. What it signs goes into the database and into the witness file.
 */
export class CheckpointKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(CheckpointKeeper.name);
  private follower: LogFollower | null = null;
  private signedSize = 0;
  private unsignedSinceMs: number | null = null;
  private contradiction: string | null = null;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private hasFailed = false;

  constructor(
    private readonly ports: KeeperPorts,
    private readonly options: KeeperOptions,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.look(), Math.min(LOOK_MS, this.options.everyMs));
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.sign();
  }

  /** Signs what has no checkpoint yet, due or not; waits for a run under way first. */
  async sign(): Promise<void> {
    this.running = this.running.then(() => this.attempt(true));
    await this.running;
  }

  check(): CheckResult {
    if (this.contradiction !== null) return { ok: false, detail: this.contradiction };
    return { ok: true, detail: this.signedSize === 0 ? 'nothing is signed yet' : `entries 1 to ${this.signedSize} are signed` };
  }

  private isBusy = false;

  private look(): void {
    if (this.isBusy) return;
    this.isBusy = true;
    this.running = this.running.then(() => this.attempt(false)).finally(() => (this.isBusy = false));
  }

  private async attempt(isForced: boolean): Promise<void> {
    if (this.contradiction !== null) return;
    try {
      await this.run(isForced);
      this.hasFailed = false;
    } catch (error) {
      // Once for an outage, not at each look.
      if (!this.hasFailed) this.logger.error(error, 'no audit checkpoint could be signed; it is tried again');
      this.hasFailed = true;
    }
  }

  private async run(isForced: boolean): Promise<void> {
    const { tree, checkpoints, signer, witness } = this.ports;
    this.follower ??= new LogFollower(await this.anchors());
    const verdict = await this.follower.follow(tree);
    if (verdict !== null) {
      this.contradiction = `${verdict} No checkpoint is signed until it is cleared up: keep ${witness.path}, export the log and verify it with both (docs/audit.md).`;
      this.logger.fatal(this.contradiction);
      return;
    }
    const { size } = this.follower;
    if (size <= this.signedSize) return;
    this.unsignedSinceMs ??= this.options.now();
    const isDue = isForced || size - this.signedSize >= this.options.everyEntries || this.options.now() - this.unsignedSinceMs >= this.options.everyMs;
    if (!isDue) return;
    const checkpoint = signer.sign({ treeSize: size, root: this.follower.root(), at: new Date(this.options.now()).toISOString() });
    if (await checkpoints.insert(checkpoint)) witness.append(checkpoint);
    // Where another process signed as much, ours would say nothing new.
    this.signedSize = size;
    this.unsignedSinceMs = null;
  }

  /** What this machine witnessed and what the database holds, as far as our key signed it. */
  private async anchors(): Promise<ReadonlyMap<number, string>> {
    const { checkpoints, signer, witness } = this.ports;
    const witnessed = witness.read().map(readCheckpoint).filter((checkpoint) => checkpoint !== null);
    const stored = await checkpoints.list(MAX_ANCHORS);
    const own = [...stored, ...witnessed].filter((checkpoint: Checkpoint) => verifyCheckpoint(checkpoint, signer.publicKey));
    this.signedSize = Math.max(0, ...stored.map(({ treeSize }) => treeSize));
    return new Map(own.map(({ treeSize, root }) => [treeSize, root]));
  }
}
