/** Steps after which an old observation counts half; small, so that a change of traffic is followed soon. */
const HALF_LIFE_STEPS = 512;
const DECAY = 2 ** (-1 / HALF_LIFE_STEPS);

/**
 * Which experts of the next layer follow those of this one, learnt from the steps before: counts of
 * pairs (expert here, expert in the next layer), where old ones fade. After the last layer comes the first, of the
 * next token.
 */
export class LikelyExperts {
  readonly #experts: number;
  readonly #layers: number;
  /** [layer][expert here][expert in the next layer] */
  readonly #pairs: Float64Array;
  #before: { readonly layer: number; readonly experts: readonly number[] } | null = null;

  /** Holds layers * experts * experts * 8 bytes. */
  constructor(layers: number, experts: number) {
    this.#layers = layers;
    this.#experts = experts;
    this.#pairs = new Float64Array(layers * experts * experts);
  }

  /**
   * Takes in which experts a step uses in a layer, and says which the layer after it is likely to use.
   * @param experts without repeats
   * @returns at most `count`, the likeliest first; none that was never seen to follow
   */
  next(layer: number, experts: readonly number[], count: number): number[] {
    if (this.#before !== null && (this.#before.layer + 1) % this.#layers === layer) this.#learn(this.#before.layer, this.#before.experts, experts);
    this.#before = { layer, experts };
    const scores = new Float64Array(this.#experts);
    for (const here of experts) {
      const base = (layer * this.#experts + here) * this.#experts;
      for (let there = 0; there < this.#experts; there += 1) scores[there]! += this.#pairs[base + there]!;
    }
    return Array.from(scores.keys())
      .filter((expert) => scores[expert]! > 0)
      .toSorted((a, b) => scores[b]! - scores[a]! || a - b)
      .slice(0, count);
  }

  #learn(layer: number, here: readonly number[], there: readonly number[]): void {
    for (const one of here) {
      const base = (layer * this.#experts + one) * this.#experts;
      for (let at = base; at < base + this.#experts; at += 1) this.#pairs[at]! *= DECAY;
      for (const other of there) this.#pairs[base + other]! += 1;
    }
  }
}
