import { type Logger } from '#libs/platform/logs/logger';
import { type UsageFolder } from '#libs/store/usage/usage-folder';

export interface FoldTimerOptions {
  /** Shortest and longest wait between two folds. */
  readonly minWaitMs: number;
  readonly maxWaitMs: number;
  readonly now: () => number;
}

/** Folding takes at most about one part in this many of the time, however much is written. */
const WAIT_PER_WORK = 50;

/** Wait after a fold that took this long: the more a fold costs, the more appends it takes together. */
export function foldWaitMs(tookMs: number, { minWaitMs, maxWaitMs }: Pick<FoldTimerOptions, 'minWaitMs' | 'maxWaitMs'>): number {
  return Math.min(maxWaitMs, Math.max(minWaitMs, tookMs * WAIT_PER_WORK));
}

/** Folds recent usage into the roll-ups, again and again. A fold that fails is tried again; readers miss nothing meanwhile. */
export class FoldTimer {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private isStopped = true;
  private hasFailed = false;

  constructor(
    private readonly folder: Pick<UsageFolder, 'run'>,
    private readonly logger: Logger,
    private readonly options: FoldTimerOptions,
  ) {}

  start(): void {
    this.isStopped = false;
    this.wait(this.options.minWaitMs);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.running;
  }

  private wait(waitMs: number): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.running = this.fold().then((tookMs) => this.wait(foldWaitMs(tookMs, this.options)));
    }, waitMs);
  }

  private async fold(): Promise<number> {
    const startedMs = this.options.now();
    try {
      await this.folder.run();
      this.hasFailed = false;
    } catch (error) {
      // Once for an outage, not at each try.
      if (!this.hasFailed) this.logger.error({ err: error }, 'usage could not be folded into the roll-ups; it is tried again');
      this.hasFailed = true;
    }
    return this.options.now() - startedMs;
  }
}
