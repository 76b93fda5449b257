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

  /** @param firstMs wait before the first run */
  start(firstMs = this.everyMs): void {
    this.#stopped = false;
    this.#schedule(firstMs);
  }

  /** One whole run beside those of the timer, after the one under way. Its failure is told as theirs are. */
  now(): Promise<void> {
    this.#running = this.#running.then(() => this.#run());
    return this.#running;
  }

  /** Resolves when the run under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(afterMs: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.now().then(() => this.#schedule(this.everyMs)), afterMs);
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
