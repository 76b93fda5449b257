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

/** Prompts of a request. One alone has too few tokens for routing by token to tell much. */
const PROMPTS = 3;

/** A request of a domain: some of its prompts, drawn independently. The domains of the mix weigh as they have prompts. */
export function drawRequest(mix: readonly DemoPrompt[], random: () => number): DemoPrompt {
  const draw = (from: readonly DemoPrompt[]): DemoPrompt => {
    const drawn = from[Math.floor(random() * from.length)];
    if (!drawn) throw new RangeError('the mix holds no prompt');
    return drawn;
  };
  const first = draw(mix);
  const ofDomain = mix.filter(({ task }) => task === first.task);
  return { ...first, prompt: [first, ...Array.from({ length: PROMPTS - 1 }, () => draw(ofDomain))].map(({ prompt }) => prompt).join('\n') };
}

/** Steady traffic: each request is drawn from the mix of the moment, so that requests do not depend on each other. */
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
        await ask(this.#client, drawRequest(this.#mix, this.#options.random), (this.#sent += 1), this.#options);
        this.#answered += 1;
      }
    } catch (cause) {
      this.#failure ??= { cause };
    }
  }
}
