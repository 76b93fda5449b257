import { type ExpertMask } from '#libs/moe/expert-mask';
import { type ForcedRoute } from '../forward/forced-routes.ts';
import { type ForwardPass, type SequenceCache, type StepItem, type StepOutput } from '../forward/forward-pass.ts';
import { type ReleaseHealth } from '../health/release-health.ts';

export interface RowsAsked {
  /** Index of the first token whose logits are wanted. */
  readonly from: number;
  readonly mask: ExpertMask | null;
  /** Rows count from the first of the tokens; null: none. */
  readonly routes: readonly ForcedRoute[] | null;
  /** Length of the question, by which capacity is set. */
  readonly promptTokens: number;
}

/** Tokens that follow a cache. */
export interface Piece {
  readonly cache: SequenceCache;
  readonly tokens: Uint32Array;
  readonly asked: RowsAsked;
}

/** A loaded release that is asked one sequence after the other. Use it for one sequence at a time. */
export class ProbedRelease {
  readonly #forward: ForwardPass;
  readonly #health: ReleaseHealth;
  readonly #chunkTokens: number;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(forward: ForwardPass, health: ReleaseHealth, chunkTokens: number) {
    this.#forward = forward;
    this.#health = health;
    this.#chunkTokens = chunkTokens;
  }

  open(): SequenceCache {
    return this.#forward.open();
  }

  fork(cache: SequenceCache): SequenceCache {
    return this.#forward.fork(cache);
  }

  close(cache: SequenceCache): void {
    this.#forward.close(cache);
  }

  /**
   * Runs tokens that follow the cache, chunk by chunk, always cut at the same positions.
   * @throws Error where experts could not serve: what a damaged expert makes of others' routes is no figure of the release
   */
  async run(cache: SequenceCache, tokens: Uint32Array, { from, mask, routes, promptTokens }: RowsAsked, take: (output: StepOutput) => void): Promise<void> {
    for (let at = 0; at < tokens.length; at += this.#chunkTokens) {
      const chunk = tokens.subarray(at, at + this.#chunkTokens);
      const own = routes?.filter(({ row }) => row >= at && row < at + chunk.length).map((route) => ({ ...route, row: route.row - at })) ?? null;
      const [output] = await this.runTogether([{ cache, tokens: chunk, asked: { from: from - at, mask, routes: own, promptTokens } }]);
      take(output!);
    }
  }

  /**
   * One step for tokens of several sequences, no more than chunkTokens of them. Each is told what it would be told alone.
   * @throws Error as run
   */
  async runTogether(pieces: readonly Piece[]): Promise<StepOutput[]> {
    const items = pieces.map(({ cache, tokens, asked: { from, mask, routes, promptTokens } }): StepItem => ({
      cache,
      tokens,
      logitsFrom: Math.min(tokens.length, Math.max(0, from)),
      expertMask: mask,
      forced: routes,
      routed: { promptTokens, seed: 0, tenant: null, generalist: false },
    }));
    const outputs = await this.#inTurn(() => this.#forward.step(items));
    const failure = outputs.find((output) => output.failure)?.failure ?? null;
    if (failure !== null || this.#health.unavailable !== null) {
      throw new Error(`the release cannot be evaluated: ${failure === 'not-finite' ? 'it gave numbers that are not finite' : 'an expert failed while it was asked'}; its weights or settings are broken`);
    }
    this.#forward.drainTimings();
    return outputs;
  }

  /** Steps of a forward pass must not overlap, and callers may. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async dispose(): Promise<void> {
    await this.#turn;
    await this.#forward.dispose();
  }
}
