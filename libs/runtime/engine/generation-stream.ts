import { type GenerateEvent } from './engine.ts';

/** Events of one request, from the engine's thread to one reader; bounded by the model's context. */
export class GenerationStream implements AsyncIterableIterator<GenerateEvent> {
  readonly #onAbandon: () => void;
  #events: GenerateEvent[] = [];
  #next = 0;
  #ended = false;
  #waiting: ((result: IteratorResult<GenerateEvent>) => void) | null = null;

  /** @param onAbandon called when the reader leaves before the end */
  constructor(onAbandon: () => void) {
    this.#onAbandon = onAbandon;
  }

  push(event: GenerateEvent): void {
    if (this.#ended) return;
    if (event.type === 'finished') this.#ended = true;
    if (this.#waiting === null) {
      this.#events.push(event);
      return;
    }
    const resolve = this.#waiting;
    this.#waiting = null;
    resolve({ done: false, value: event });
  }

  next(): Promise<IteratorResult<GenerateEvent>> {
    const event = this.#events[this.#next];
    if (event !== undefined) {
      this.#next += 1;
      if (this.#next === this.#events.length) {
        this.#events = [];
        this.#next = 0;
      }
      return Promise.resolve({ done: false, value: event });
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  return(): Promise<IteratorResult<GenerateEvent>> {
    if (!this.#ended) {
      this.#ended = true;
      this.#onAbandon();
    }
    this.#events = [];
    this.#next = 0;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
