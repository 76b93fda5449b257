/** The part of an HTTP response that events are written to. */
export interface EventTarget {
  write(text: string): boolean;
  end(text: string): unknown;
  once(event: 'drain' | 'close', listener: () => void): unknown;
  off(event: 'drain' | 'close', listener: () => void): unknown;
  destroy(): unknown;
  readonly destroyed: boolean;
}

/**
 * Writes server-sent events. What comes within one turn of the event loop goes out in one write,
 * and while the client takes nothing more what comes is kept and `ready` waits. A client that takes
 * nothing for `stallMs` is cut off.
 */
export class SseWriter {
  #pending = '';
  #scheduled = false;
  #blocked: Promise<void> | null = null;

  constructor(
    private readonly target: EventTarget,
    private readonly stallMs: number,
  ) {}

  /** @param event complete events, each ended by an empty line */
  send(event: string): void {
    this.#pending += event;
    if (this.#scheduled || this.#blocked) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  /** null where the client takes more now. */
  ready(): Promise<void> | null {
    return this.#blocked;
  }

  /** Sends what is pending and a last event, and ends the response. */
  end(last: string): void {
    const text = this.#pending + last;
    this.#pending = '';
    if (!this.target.destroyed) this.target.end(text);
  }

  #flush(): void {
    const text = this.#pending;
    this.#pending = '';
    if (text === '' || this.target.destroyed || this.target.write(text)) return;
    this.#blocked = this.#drained().then(() => {
      this.#blocked = null;
      this.#flush();
    });
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.target.off('drain', done);
        this.target.off('close', done);
        resolve();
      };
      const timer = setTimeout(() => this.target.destroy(), this.stallMs);
      this.target.once('drain', done);
      this.target.once('close', done);
    });
  }
}
