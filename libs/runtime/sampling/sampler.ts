import { expNonPositive } from './exponential.ts';
import { highestLogit, NonFiniteLogitsError } from './logprobs.ts';
import { adjustLogits, adjustsLogits, type SamplerSettings, type TokenHistory } from './penalties.ts';
import { arrangeByScore, selectTop, takeFirst } from './selection.ts';

/** Tokens that may be picked. */
export interface AllowedTokens {
  /** Bit `id & 31` of word `id >> 5`. */
  readonly words: Uint32Array;
  /** Ids besides those. */
  readonly also: readonly number[];
}

const BINS = 1024;
const WORD_OF_ONE = 0x3ff0_0000;

/** Bin of a weight in (0, 1], four to an octave, falling: from the high word of its double (little-endian). */
function binOf(highWord: number): number {
  return Math.min((WORD_OF_ONE >>> 18) - (highWord >>> 18), BINS - 1);
}

/**
 * Picks tokens from rows of logits. Holds scratch space only, so one sampler serves all sequences
 * of a model and the token depends on the arguments alone.
 *
 * Order of the steps: penalties and bias, temperature, min_p, top_k, top_p, draw. min_p keeps tokens
 * with p >= min_p * max p; top_p keeps the fewest most likely tokens whose mass, among those that
 * top_k left, reaches top_p, and at least one.
 */
export class Sampler {
  readonly #size: number;
  readonly #weights: Float64Array;
  /** The same memory as words of 32 bits. */
  readonly #weightWords: Uint32Array;
  readonly #binMasses = new Float64Array(BINS);
  readonly #ids: Int32Array;
  readonly #cutIds: Int32Array;
  #adjusted: Float32Array | null = null;

  constructor(vocabSize: number) {
    this.#size = vocabSize;
    this.#weights = new Float64Array(vocabSize);
    this.#weightWords = new Uint32Array(this.#weights.buffer);
    this.#ids = new Int32Array(vocabSize);
    this.#cutIds = new Int32Array(vocabSize);
  }

  /**
   * The token for the row `logits[base, base + vocabSize)`.
   * @param draw uniform in [0, 1); not used at temperature 0
   * @param allowed the only tokens there are, as if the vocabulary held no others; null: all
   */
  pick(logits: Float32Array, base: number, settings: SamplerSettings, history: TokenHistory, draw: number, allowed: AllowedTokens | null = null): number {
    const adjusts = adjustsLogits(settings);
    if (!adjusts && allowed === null) return this.#pickFrom(logits, base, settings, draw, -Infinity);
    const adjusted = (this.#adjusted ??= new Float32Array(this.#size));
    adjusted.set(logits.subarray(base, base + this.#size));
    if (adjusts) adjustLogits(adjusted, settings, history);
    if (allowed !== null) excludeOthers(adjusted, allowed);
    return this.#pickFrom(adjusted, 0, settings, draw, allowed === null ? -Infinity : -Number.MAX_VALUE);
  }

  /** @param floor tokens with a lower score are none */
  #pickFrom(scores: Float32Array, base: number, settings: SamplerSettings, draw: number, floor: number): number {
    if (settings.temperature === 0) return this.#highest(scores, base);
    const { topK, topP, minP, temperature } = settings;
    const highest = highestLogit(scores, base, this.#size);
    const minimum = minP > 0 ? Math.max(highest + temperature * Math.log(minP), floor) : floor;
    if (topK > 0 && topK < this.#size) {
      const count = selectTop(scores, base, this.#size, topK, minimum, this.#ids);
      return this.#drawAmongSorted(scores, base, count, highest, settings, draw);
    }
    if (topP < 1) return this.#drawNucleus(scores, base, highest, minimum, settings, draw);
    return this.#drawAmongAll(this.#weigh(scores, base, highest, minimum, temperature) * draw);
  }

  #highest(scores: Float32Array, base: number): number {
    let best = -1;
    let highest = -Infinity;
    for (let id = 0; id < this.#size; id++) {
      const score = scores[base + id] as number;
      if (score > highest) {
        highest = score;
        best = id;
      }
    }
    if (best < 0 || highest === Infinity) throw new NonFiniteLogitsError();
    return best;
  }

  /** Weights by id, relative to the highest, 0 below `minimum`; returns their sum. */
  #weigh(scores: Float32Array, base: number, highest: number, minimum: number, temperature: number): number {
    const weights = this.#weights;
    const inverse = 1 / temperature;
    let total = 0;
    for (let id = 0; id < this.#size; id++) {
      const score = scores[base + id] as number;
      const weight = score < minimum ? 0 : expNonPositive((score - highest) * inverse);
      weights[id] = weight;
      total += weight;
    }
    if (Number.isNaN(total)) throw new NonFiniteLogitsError();
    return total;
  }

  #drawAmongAll(target: number): number {
    const weights = this.#weights;
    let mass = 0;
    let last = 0;
    for (let id = 0; id < this.#size; id++) {
      const weight = weights[id] as number;
      if (weight === 0) continue;
      mass += weight;
      last = id;
      if (mass > target) break;
    }
    return last;
  }

  /** `#ids[0, count)` are in order: cut to the nucleus, then draw. */
  #drawAmongSorted(scores: Float32Array, base: number, count: number, highest: number, settings: SamplerSettings, draw: number): number {
    const weights = this.#weights;
    let total = 0;
    for (let at = 0; at < count; at++) {
      const weight = expNonPositive(((scores[base + (this.#ids[at] as number)] as number) - highest) / settings.temperature);
      weights[at] = weight;
      total += weight;
    }
    if (Number.isNaN(total)) throw new NonFiniteLogitsError();
    let kept = count;
    let mass = total;
    if (settings.topP < 1) {
      kept = 0;
      mass = 0;
      do mass += weights[kept++] as number;
      while (kept < count && mass < settings.topP * total);
    }
    const target = mass * draw;
    let reached = 0;
    let at = 0;
    for (; at < kept - 1; at++) {
      reached += weights[at] as number;
      if (reached > target) break;
    }
    return this.#ids[at] as number;
  }

  #drawNucleus(scores: Float32Array, base: number, highest: number, minimum: number, settings: SamplerSettings, draw: number): number {
    const weights = this.#weights;
    const ids = this.#ids;
    const inverse = 1 / settings.temperature;
    // Tokens below this floor weigh less than 1 - top_p together, as the best alone weighs 1: the
    // nucleus lies above it, and mostly that leaves few of them.
    const floor = (1 - settings.topP) / this.#size;
    let total = 0;
    let count = 0;
    for (let id = 0; id < this.#size; id++) {
      const score = scores[base + id] as number;
      if (score < minimum) continue;
      const weight = expNonPositive((score - highest) * inverse);
      total += weight;
      if (weight < floor) continue;
      ids[count] = id;
      weights[count++] = weight;
    }
    if (Number.isNaN(total)) throw new NonFiniteLogitsError();
    const weigh = (score: number) => expNonPositive((score - highest) * inverse);
    const last = this.#lastOfNucleus(scores, base, count, settings.topP * total, weigh);
    return this.#drawUpTo(scores, base, count, last, draw);
  }

  /**
   * The token at which the mass of the more likely ones and its own reaches `target`, among the
   * `count` candidates in #ids and #weights. Masses by bins of weight tell in which bin it lies; only
   * that one is put in order.
   */
  #lastOfNucleus(scores: Float32Array, base: number, count: number, target: number, weigh: (score: number) => number): number {
    const weights = this.#weights;
    const words = this.#weightWords;
    const masses = this.#binMasses.fill(0);
    let lastBin = 0;
    for (let at = 0; at < count; at++) {
      const bin = binOf(words[2 * at + 1] as number);
      if (bin > lastBin) lastBin = bin;
      masses[bin] = (masses[bin] as number) + (weights[at] as number);
    }
    let cut = 0;
    let mass = 0;
    while (cut < lastBin && mass + (masses[cut] as number) < target) mass += masses[cut++] as number;
    const cutIds = this.#cutIds;
    let rest = 0;
    for (let at = 0; at < count; at++) if (binOf(words[2 * at + 1] as number) === cut) cutIds[rest++] = this.#ids[at] as number;
    arrangeByScore(cutIds, rest, scores, base);
    let last: number;
    do {
      last = takeFirst(cutIds, rest--, scores, base);
      mass += weigh(scores[base + last] as number);
    } while (rest > 0 && mass < target);
    return last;
  }

  /** Draws among the candidates that come no later than `last`. */
  #drawUpTo(scores: Float32Array, base: number, count: number, last: number, draw: number): number {
    const weights = this.#weights;
    const ids = this.#ids;
    const lowest = scores[base + last] as number;
    let kept = 0;
    let mass = 0;
    for (let at = 0; at < count; at++) {
      const id = ids[at] as number;
      const score = scores[base + id] as number;
      if (score < lowest || (score === lowest && id > last)) continue;
      ids[kept] = id;
      weights[kept++] = weights[at] as number;
      mass += weights[at] as number;
    }
    const target = mass * draw;
    let reached = 0;
    for (let at = 0; at < kept - 1; at++) {
      reached += weights[at] as number;
      if (reached > target) return ids[at] as number;
    }
    return ids[kept - 1] as number;
  }
}

function excludeOthers(row: Float32Array, { words, also }: AllowedTokens): void {
  const kept = also.map((id) => row[id] ?? -Infinity);
  for (let id = 0; id < row.length; id++) if ((((words[id >> 5] as number) >>> (id & 31)) & 1) === 0) row[id] = -Infinity;
  for (const [at, id] of also.entries()) if (id < row.length) row[id] = kept[at] as number;
}
