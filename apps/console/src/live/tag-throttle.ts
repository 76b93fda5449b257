/** Tags under which something changes with every request; they are asked for again at most this often. */
const AT_MOST_EVERY_MS: Readonly<Record<string, number>> = { traffic: 5000, routing: 10_000, traces: 5000, detection: 5000 };

export interface Clock {
  readonly now: () => number;
  readonly setTimeout: (act: () => void, ms: number) => number;
  readonly clearTimeout: (timer: number) => void;
}

/** Passes tags on: those that change with the traffic at intervals, the others at once. What comes in between is not lost. */
export class TagThrottle {
  readonly #lastMs = new Map<string, number>();
  readonly #waiting = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly act: (tags: readonly string[], isQuiet: boolean) => void,
  ) {}

  take(tags: readonly string[]): void {
    const prompt = tags.filter((tag) => AT_MOST_EVERY_MS[tag] === undefined);
    if (prompt.length > 0) this.act(prompt, false);
    for (const tag of tags) this.#takeOften(tag, AT_MOST_EVERY_MS[tag]);
  }

  stop(): void {
    for (const timer of this.#waiting.values()) this.clock.clearTimeout(timer);
    this.#waiting.clear();
  }

  #takeOften(tag: string, everyMs: number | undefined): void {
    if (everyMs === undefined || this.#waiting.has(tag)) return;
    const dueMs = (this.#lastMs.get(tag) ?? -Infinity) + everyMs;
    const nowMs = this.clock.now();
    if (dueMs <= nowMs) this.#pass(tag);
    else this.#waiting.set(tag, this.clock.setTimeout(() => this.#pass(tag), dueMs - nowMs));
  }

  #pass(tag: string): void {
    this.#waiting.delete(tag);
    this.#lastMs.set(tag, this.clock.now());
    this.act([tag], true);
  }
}
