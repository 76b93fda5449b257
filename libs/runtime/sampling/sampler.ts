import { expNonPositive } from './exponential.ts';
import { highestLogit, NonFiniteLogitsError } from './logprobs.ts';
import { adjustLogits, adjustsLogits, type SamplerSettings, type TokenHistory } from './penalties.ts';
import { arrangeByScore, selectTop, takeFirst } from './selection.ts';

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
  #adjusted: Float32Array | null = null;

  constructor(vocabSize: number) {
    this.#size = vocabSize;
    this.#weights = new Float64Array(vocabSize);
    this.#weightWords = new Uint32Array(this.#weights.buffer);
    this.#ids = new Int32Array(vocabSize);
  }

  /**
   * The token for the row `logits[base, base + vocabSize)`.
   * @param draw uniform in [0, 1); not used at temperature 0
   */
  pick(logits: Float32Array, base: number, settings: SamplerSettings, history: TokenHistory, draw: number): number {
    if (!adjustsLogits(settings)) return this.#pickFrom(logits, base, settings, draw);
    const adjusted = (this.#adjusted ??= new Float32Array(this.#size));
    adjusted.set(logits.subarray(base, base + this.#size));
    adjustLogits(adjusted, settings, history);
    return this.#pickFrom(adjusted, 0, settings, draw);
  }

  #pickFrom(scores: Float32Array, base: number, settings: SamplerSettings, draw: number): number {
    if (settings.temperature === 0) return this.#highest(scores, base);
    const { topK, topP, minP, temperature } = settings;
    const highest = highestLogit(scores, base, this.#size);
    const minimum = minP > 0 ? highest + temperature * Math.log(minP) : -Infinity;
    if (topK > 0 && topK < this.#size) {
      const count = selectTop(scores, base, this.#size, topK, minimum, this.#ids);
      return this.#drawAmongSorted(scores, base, count, highest, settings, draw);
    }
    const total = this.#weigh(scores, base, highest, minimum, temperature);
    return topP < 1 ? this.#drawNucleus(scores, base, total, topP, draw) : this.#drawAmongAll(total * draw);
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

  #drawNucleus(scores: Float32Array, base: number, total: number, topP: number, draw: number): number {
    const weights = this.#weights;
    const last = this.#lastOfNucleus(scores, base, topP * total);
    const lowest = scores[base + last] as number;
    let mass = 0;
    for (let id = 0; id < this.#size; id++) {
      const score = scores[base + id] as number;
      if (score < lowest || (score === lowest && id > last)) weights[id] = 0;
      else mass += weights[id] as number;
    }
    return this.#drawAmongAll(mass * draw);
  }

  /**
   * The token at which the mass of the more likely ones and its own reaches `target`. Masses by
   * bins of weight tell in which bin it lies; only that one is put in order.
   */
  #lastOfNucleus(scores: Float32Array, base: number, target: number): number {
    const weights = this.#weights;
    const ids = this.#ids;
    const words = this.#weightWords;
    const masses = this.#binMasses.fill(0);
    for (let id = 0; id < this.#size; id++) {
      const weight = weights[id] as number;
      if (weight === 0) continue;
      const bin = binOf(words[2 * id + 1] as number);
      masses[bin] = (masses[bin] as number) + weight;
    }
    let cut = 0;
    let mass = 0;
    while (cut < BINS - 1 && mass + (masses[cut] as number) < target) mass += masses[cut++] as number;
    let count = 0;
    for (let id = 0; id < this.#size; id++) {
      const weight = weights[id] as number;
      if (weight > 0 && binOf(words[2 * id + 1] as number) === cut) ids[count++] = id;
    }
    arrangeByScore(ids, count, scores, base);
    let last: number;
    do {
      last = takeFirst(ids, count--, scores, base);
      mass += weights[last] as number;
    } while (count > 0 && mass < target);
    return last;
  }
}
