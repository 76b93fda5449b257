/** Between two looks; a run waits at most about so long for its process. */
const LOOK_MS = 1000;

export interface RunWatcherPorts {
  /** Whether runs are queued or under way. @throws Error while the database is away */
  readonly hasRuns: () => Promise<boolean>;
  readonly start: () => void;
}

/** Starts the evaluation process when there is something for it to do: also when a run was left by one that is gone. */
export class RunWatcher {
  private timer: NodeJS.Timeout | null = null;
  private isStopped = false;

  constructor(
    private readonly ports: RunWatcherPorts,
    private readonly lookMs: number = LOOK_MS,
  ) {}

  start(): void {
    void this.#look();
  }

  stop(): void {
    this.isStopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  async #look(): Promise<void> {
    // Without the database there is no run to be done either.
    const hasRuns = await this.ports.hasRuns().catch(() => false);
    if (this.isStopped) return;
    if (hasRuns) this.ports.start();
    this.timer = setTimeout(() => void this.#look(), this.lookMs);
  }
}
