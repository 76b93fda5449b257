/** One example: features that are on, each with its value, and its class. */
export interface Example {
  readonly features: Uint32Array;
  /** Left out: all are 1. */
  readonly values?: Float32Array;
  readonly target: number;
}

export interface TrainOptions {
  readonly rate: number;
  /** Ridge penalty on weights that an example touches. */
  readonly ridge: number;
}

/** Gradients below this are left out: nearly all classes are hopeless for nearly all rows. */
const LEAST_GRADIENT = 1e-3;
const EPSILON = 1e-8;

/**
 * A softmax classifier over sparse features, trained by AdaGrad (Duchi, Hazan & Singer 2011, JMLR 12):
 * P(c | x) is proportional to exp(b_c + sum_f x_f W_fc).
 */
export class SoftmaxClassifier {
  readonly #classes: number;
  readonly #weights: Float32Array;
  readonly #squares: Float32Array;
  readonly #bias: Float32Array;
  readonly #biasSquares: Float32Array;
  readonly #scores: Float64Array;

  /** @param prior [classes]: share of each class, all above 0, from which the training starts */
  constructor(features: number, prior: ArrayLike<number>) {
    this.#classes = prior.length;
    this.#weights = new Float32Array(features * prior.length);
    this.#squares = new Float32Array(features * prior.length);
    this.#bias = Float32Array.from(prior, (share) => Math.log(share));
    this.#biasSquares = new Float32Array(prior.length);
    this.#scores = new Float64Array(prior.length);
  }

  /** Logarithm of the probability of each class; the array is overwritten by the next call. */
  logProbs({ features, values }: Pick<Example, 'features' | 'values'>): Float64Array {
    const scores = this.#scores;
    const weights = this.#weights;
    const classes = this.#classes;
    for (let c = 0; c < classes; c += 1) scores[c] = this.#bias[c]!;
    for (let i = 0; i < features.length; i += 1) {
      const base = features[i]! * classes;
      const value = values === undefined ? 1 : values[i]!;
      for (let c = 0; c < classes; c += 1) scores[c]! += value * weights[base + c]!;
    }
    let highest = -Infinity;
    for (let c = 0; c < classes; c += 1) if (scores[c]! > highest) highest = scores[c]!;
    let sum = 0;
    for (let c = 0; c < classes; c += 1) sum += Math.exp(scores[c]! - highest);
    const logSum = highest + Math.log(sum);
    for (let c = 0; c < classes; c += 1) scores[c]! -= logSum;
    return scores;
  }

  /** One step towards the example's class. */
  learn(example: Example, { rate, ridge }: TrainOptions): void {
    const logProbs = this.logProbs(example);
    const { features, values, target } = example;
    for (let c = 0; c < this.#classes; c += 1) {
      const gradient = Math.exp(logProbs[c]!) - (c === target ? 1 : 0);
      if (Math.abs(gradient) < LEAST_GRADIENT) continue;
      this.#biasSquares[c]! += gradient * gradient;
      this.#bias[c]! -= (rate * gradient) / Math.sqrt(this.#biasSquares[c]! + EPSILON);
      for (let i = 0; i < features.length; i += 1) {
        const at = features[i]! * this.#classes + c;
        const slope = gradient * (values === undefined ? 1 : values[i]!) + ridge * this.#weights[at]!;
        this.#squares[at]! += slope * slope;
        this.#weights[at]! -= (rate * slope) / Math.sqrt(this.#squares[at]! + EPSILON);
      }
    }
  }
}
