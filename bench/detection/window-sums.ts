import { designEffect } from '#libs/stats/design-effect';

/** Sums of the requests of one window in one stream; what all rules on windows need. */
export class WindowSums {
  readonly counts: number[];
  requests = 0;
  readonly #crossLoad: number[];
  #squaresCells = 0;
  #squaresRequests = 0;

  constructor(experts: number) {
    this.counts = Array.from({ length: experts }, () => 0);
    this.#crossLoad = Array.from({ length: experts }, () => 0);
  }

  add(counts: Uint16Array, offset: number): void {
    const experts = this.counts.length;
    let sum = 0;
    for (let j = 0; j < experts; j += 1) sum += counts[offset + j]!;
    for (let j = 0; j < experts; j += 1) {
      const count = counts[offset + j]!;
      this.counts[j]! += count;
      this.#crossLoad[j]! += count * sum;
      this.#squaresCells += count * count;
    }
    this.#squaresRequests += sum * sum;
    this.requests += 1;
  }

  /** Generalised design effect of whole requests, at least 1. */
  designEffect(): number {
    return designEffect({ load: this.counts, crossLoad: this.#crossLoad, sumSquaresCells: this.#squaresCells, sumSquaresRequests: this.#squaresRequests, requests: this.requests }, 1) ?? 1;
  }

  clear(): void {
    this.counts.fill(0);
    this.#crossLoad.fill(0);
    this.#squaresCells = 0;
    this.#squaresRequests = 0;
    this.requests = 0;
  }
}
