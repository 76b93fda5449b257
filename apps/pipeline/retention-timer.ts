import { type Logger } from '#libs/platform/logs/logger';
import { meter } from '#libs/platform/telemetry/metrics';
import { type Retention } from '#libs/store/retention/retention';

/** Cleans up at the start and then at an interval. A run that fails is tried again at the next one. */
export class RetentionTimer {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private readonly rows = meter().createCounter('signalbox.purged.rows', { description: 'Rows deleted because they were beyond their retention, by table.' });

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
      if (outcome.status !== 'done') return;
      const { droppedPartitions, purged, failures } = outcome;
      for (const [table, rows] of Object.entries(purged)) this.rows.add(rows, { table });
      if (droppedPartitions.length + Object.keys(purged).length > 0) this.logger.info({ droppedPartitions, purged }, 'removed what is beyond its retention');
      for (const { table, error } of failures) this.logger.error({ err: error, table }, 'retention of a table failed; it is tried again at the next interval');
    } catch (error) {
      this.logger.error({ err: error }, 'retention failed; it is tried again at the next interval');
    }
  }
}
