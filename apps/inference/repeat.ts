/** Runs a task again and again, never twice at once, `everyMs` after its last end. A failing run is told and the next one comes. */
export class Repeat {
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();
  #stopped = true;

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
      this.#running = this.task().catch(this.failed);
      void this.#running.then(() => this.#schedule());
    }, this.everyMs);
    this.#timer.unref();
  }
}
