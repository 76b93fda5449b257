import { type ExpertTiming } from './forward-pass.ts';

/** Timings until somebody takes them; the newest are left out when it is full. */
export class ExpertTimings {
  readonly #maxEntries: number;
  #entries: ExpertTiming[] = [];

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  add(timing: ExpertTiming): void {
    if (this.#entries.length < this.#maxEntries) this.#entries.push(timing);
  }

  drain(): ExpertTiming[] {
    const entries = this.#entries;
    this.#entries = [];
    return entries;
  }
}
