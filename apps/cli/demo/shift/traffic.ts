import { type ApiClient } from '../../api/api-client.ts';
import { type DemoPrompt } from '../prompts.ts';
import { ask } from '../replay.ts';

export interface TrafficOptions {
  readonly model: string;
  readonly tenant: string;
  /** Requests at a time. */
  readonly parallel: number;
  readonly maxTokens: number;
  readonly signal: AbortSignal;
  /** Draws the prompts: 0 (included) to 1 (excluded). */
  readonly random: () => number;
}

/** Steady traffic: each request is a prompt drawn from the mix of the moment, so that requests do not depend on each other. */
export class Traffic {
  readonly #client: Pick<ApiClient, 'request'>;
  readonly #options: TrafficOptions;
  #mix: readonly DemoPrompt[];
  #answered = 0;
  #sent = 0;
  #isStopping = false;
  #failure: { readonly cause: unknown } | null = null;
  #lanes: Promise<void>[] = [];

  /** @param mix prompts to draw from, all with the same probability */
  constructor(client: Pick<ApiClient, 'request'>, mix: readonly DemoPrompt[], options: TrafficOptions) {
    this.#client = client;
    this.#mix = mix;
    this.#options = options;
  }

  /** Requests that were answered so far. */
  get answered(): number {
    return this.#answered;
  }

  start(): void {
    this.#lanes = Array.from({ length: this.#options.parallel }, () => this.#lane());
  }

  /** Requests under way end as they were. */
  change(mix: readonly DemoPrompt[]): void {
    this.#mix = mix;
  }

  /** @throws what made a request fail: from then on nothing is sent */
  check(): void {
    if (this.#failure) throw this.#failure.cause;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#lanes);
  }

  async #lane(): Promise<void> {
    try {
      while (!this.#isStopping && this.#failure === null) {
        const prompt = this.#mix[Math.floor(this.#options.random() * this.#mix.length)];
        if (prompt) await ask(this.#client, prompt, (this.#sent += 1), this.#options);
        this.#answered += 1;
      }
    } catch (cause) {
      this.#failure ??= { cause };
    }
  }
}
