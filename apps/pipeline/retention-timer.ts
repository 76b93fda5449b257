import { type Logger } from '#libs/platform/logs/logger';
import { type Retention } from '#libs/store/retention/retention';

/** Cleans up at the start and then at an interval. A run that fails is tried again at the next one. */
export class RetentionTimer {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly retention: Pick<Retention, 'run'>,
    private readonly logger: Logger,
    private readonly options: { readonly everyMs: number; readonly now: () => number },
  ) {}

  start(): void {
    this.running = this.clean();
    this.timer = setInterval(() => {
      this.running = this.running.then(() => this.clean());
    }, this.options.everyMs);
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.running;
  }

  private async clean(): Promise<void> {
    try {
      const outcome = await this.retention.run(this.options.now());
      if (outcome.status === 'done' && outcome.droppedPartitions.length + outcome.purgedRows > 0) {
        this.logger.info({ droppedPartitions: outcome.droppedPartitions, purgedRows: outcome.purgedRows }, 'removed what is beyond its retention');
      }
    } catch (error) {
      this.logger.error({ err: error }, 'retention failed; it is tried again at the next interval');
    }
  }
}
