/**
 * Lets decoding and loading take turns on the engine's one thread. What a load does there in one go
 * (making a session, say) holds up every step, so a load does one such piece in each gap between steps.
 */
export class StepPacer {
  #running = 0;
  #stepEnded: (() => void) | null = null;
  #queue: Promise<unknown> = Promise.resolve();

  /** Runs a step. Steps of several releases may run at once. */
  async step<T>(run: () => Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      return await run();
    } finally {
      this.#running -= 1;
      const waiting = this.#stepEnded;
      this.#stepEnded = null;
      waiting?.();
    }
  }

  /** Runs a piece of loading at once when no step runs, else when the next step ends; one at a time, in order. */
  between<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(async () => {
      await this.#gap();
      return work();
    });
    this.#queue = result.catch(() => undefined);
    return result;
  }

  #gap(): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#stepEnded = resolve;
    });
  }
}
