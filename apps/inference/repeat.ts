/** Runs a task again and again, never twice at once, `everyMs` after its last end, whether or not it fails. */
export class Repeat {
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();
  #stopped = true;
  #failing = false;

  /** @param failed told of the first failure in a row: an outage of an hour is one line in the log, not thousands */
  constructor(
    private readonly task: () => Promise<void>,
    private readonly everyMs: number,
    private readonly failed: (error: unknown) => void,
  ) {}

  start(): void {
    this.#stopped = false;
    this.#schedule();
  }

  /** Resolves when the run under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
      void this.#running.then(() => this.#schedule());
    }, this.everyMs);
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    try {
      await this.task();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.failed(error);
      this.#failing = true;
    }
  }
}
