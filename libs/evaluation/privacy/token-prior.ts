/**
 * How likely a token is, and how likely after another: counts with the back-off of Witten and Bell
 * (1991, IEEE Trans. Inf. Theory 37, method C): P(t | h) = (c(h,t) + T(h) P(t)) / (c(h) + T(h)), T(h) being
 * the number of different tokens seen after h. Single tokens: (c(t) + 1/2) / (n + V/2).
 */
export class TokenPrior {
  readonly #pairs = new Map<number, number>();
  readonly #starts: Float64Array;
  readonly #kinds: Float64Array;
  readonly #singles: Float64Array;
  readonly #vocabSize: number;

  constructor(documents: readonly { readonly tokens: Uint32Array }[], vocabSize: number) {
    this.#vocabSize = vocabSize;
    this.#starts = new Float64Array(vocabSize);
    this.#kinds = new Float64Array(vocabSize);
    const counts = new Float64Array(vocabSize);
    let total = 0;
    for (const { tokens } of documents) {
      for (let at = 0; at < tokens.length; at += 1) {
        counts[tokens[at]!]! += 1;
        total += 1;
        if (at === 0) continue;
        const pair = tokens[at - 1]! * vocabSize + tokens[at]!;
        const seen = this.#pairs.get(pair) ?? 0;
        this.#pairs.set(pair, seen + 1);
        this.#starts[tokens[at - 1]!]! += 1;
        if (seen === 0) this.#kinds[tokens[at - 1]!]! += 1;
      }
    }
    this.#singles = counts.map((count) => (count + 0.5) / (total + vocabSize / 2));
  }

  single(token: number): number {
    return this.#singles[token]!;
  }

  after(previous: number, token: number): number {
    const kinds = this.#kinds[previous]!;
    if (kinds === 0) return this.#singles[token]!;
    return ((this.#pairs.get(previous * this.#vocabSize + token) ?? 0) + kinds * this.#singles[token]!) / (this.#starts[previous]! + kinds);
  }

  /** The likeliest tokens, the best first. @param previous null: nothing is known of the token before */
  likeliest(previous: number | null, count: number): number[] {
    const share = (token: number): number => (previous === null ? this.single(token) : this.after(previous, token));
    return bestOf(Float64Array.from({ length: this.#vocabSize }, (_, token) => share(token)), count);
  }
}

/** Places of the highest values, the highest first; of equal ones the first. */
export function bestOf(values: ArrayLike<number>, count: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < values.length; i += 1) {
    if (best.length === count && values[i]! <= values[best[count - 1]!]!) continue;
    let at = best.length === count ? count - 1 : best.length;
    while (at > 0 && values[best[at - 1]!]! < values[i]!) {
      best[at] = best[at - 1]!;
      at -= 1;
    }
    best[at] = i;
  }
  return best;
}
