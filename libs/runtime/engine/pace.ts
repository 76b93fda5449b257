/** Weight of the latest observation in a moving mean. */
const LATEST = 0.2;
/** Time of work under load after which the rate is taken anew. */
const RATE_SPAN_MS = 500;
/** A pause longer than this is no work: the engine was loading, or had nothing to do. */
const LONGEST_GAP_MS = 5000;

/** What a request asks of the engine. */
export interface Demand {
  readonly promptTokens: number;
  readonly choices: number;
  /** Tokens that each choice may sample at most. */
  readonly maxTokens: number;
}

/** How a request went. */
export interface Served {
  readonly demand: Demand;
  readonly completionTokens: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
}

/** How fast the engine is: what requests took of late, and the work it does while requests wait. Time is passed in. */
export class Pace {
  #prefillMsPerToken: number | null = null;
  #decodeMsPerToken: number | null = null;
  #usedShare: number | null = null;
  #workPerMs: number | null = null;
  #serviceMs: number | null = null;
  #span = { sinceMs: 0, lastMs: 0, work: 0, open: false };

  /** An answered request. */
  served({ demand, completionTokens, prefillMs, decodeMs }: Served): void {
    const steps = completionTokens / demand.choices;
    this.#serviceMs = blend(this.#serviceMs, prefillMs + decodeMs);
    this.#prefillMsPerToken = blend(this.#prefillMsPerToken, prefillMs / demand.promptTokens);
    // The first token comes out of the prompt's run.
    if (steps > 1) this.#decodeMsPerToken = blend(this.#decodeMsPerToken, decodeMs / (steps - 1));
    if (demand.maxTokens > 0) this.#usedShare = blend(this.#usedShare, steps / demand.maxTokens);
  }

  /**
   * Work that was just done. Only spans in which requests waited from end to end count: else the rate
   * would be that of the arrivals.
   */
  worked(work: number, isLoaded: boolean, nowMs: number): void {
    const span = this.#span;
    if (!isLoaded || !span.open || nowMs - span.lastMs > LONGEST_GAP_MS) {
      this.#span = { sinceMs: nowMs, lastMs: nowMs, work: 0, open: isLoaded };
      return;
    }
    span.work += work;
    span.lastMs = nowMs;
    if (nowMs - span.sinceMs < RATE_SPAN_MS) return;
    this.#workPerMs = blend(this.#workPerMs, span.work / (nowMs - span.sinceMs));
    this.#span = { sinceMs: nowMs, lastMs: nowMs, work: 0, open: true };
  }

  /** Work in a millisecond under load; null before any was seen. */
  get workPerMs(): number | null {
    return this.#workPerMs;
  }

  /** Mean time that a request ran; null before the first one ended. */
  get serviceMs(): number | null {
    return this.#serviceMs;
  }

  /** Tokens that each choice is likely to sample: answers often end before their limit. */
  expectedTokens(maxTokens: number): number {
    return maxTokens * Math.min(this.#usedShare ?? 1, 1);
  }

  /** Time from start to end of a request at the present pace; null before the first one ended. */
  estimateServiceMs({ promptTokens, maxTokens }: Demand): number | null {
    if (this.#prefillMsPerToken === null) return null;
    const steps = Math.max(this.expectedTokens(maxTokens) - 1, 0);
    return promptTokens * this.#prefillMsPerToken + steps * (this.#decodeMsPerToken ?? 0);
  }
}

function blend(mean: number | null, value: number): number {
  return mean === null ? value : mean + LATEST * (value - mean);
}
