import { type ExpertMask } from '#libs/moe/expert-mask';
import { type ForwardPass, type SequenceCache, type StepOutput } from '../forward/forward-pass.ts';
import { type ReleaseHealth } from '../health/release-health.ts';

export interface RowsAsked {
  /** Index of the first token whose logits are wanted. */
  readonly from: number;
  readonly mask: ExpertMask | null;
  /** Length of the question, by which capacity is set. */
  readonly promptTokens: number;
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

  close(cache: SequenceCache): void {
    this.#forward.close(cache);
  }

  /**
   * Runs tokens that follow the cache, chunk by chunk, always cut at the same positions.
   * @throws Error where experts could not serve: what a damaged expert makes of others' routes is no figure of the release
   */
  async run(cache: SequenceCache, tokens: Uint32Array, { from, mask, promptTokens }: RowsAsked, take: (output: StepOutput) => void): Promise<void> {
    for (let at = 0; at < tokens.length; at += this.#chunkTokens) {
      const chunk = tokens.subarray(at, at + this.#chunkTokens);
      const logitsFrom = Math.min(chunk.length, Math.max(0, from - at));
      const routed = { promptTokens, seed: 0, tenant: null, generalist: false };
      const output = await this.#inTurn(() => this.#forward.step([{ cache, tokens: chunk, logitsFrom, expertMask: mask, routed }]));
      const failure = output[0]!.failure ?? null;
      if (failure !== null || this.#health.unavailable !== null) {
        throw new Error(`the release cannot be evaluated: ${failure === 'not-finite' ? 'it gave numbers that are not finite' : 'an expert failed while it was asked'}; its weights or settings are broken`);
      }
      take(output[0]!);
      this.#forward.drainTimings();
    }
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
