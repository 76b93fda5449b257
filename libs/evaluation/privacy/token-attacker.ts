import { seededUniform, shuffled } from './random.ts';
import { RouteFeatures } from './route-features.ts';
import { countTokens, type RoutedDocument, type RouteShape } from './routed-document.ts';
import { SoftmaxClassifier } from './softmax-classifier.ts';
import { bestOf, TokenPrior } from './token-prior.ts';

export interface AttackerOptions {
  readonly seed: number;
  readonly epochs: number;
  /** Whether gates are among what it sees. */
  readonly seesGates: boolean;
  readonly vocabSize: number;
  /** Called between documents, so that a long training lets others run. */
  readonly breathe: () => Promise<void>;
}

/** The attacker's guess of one row. */
export interface TokenGuess {
  /** At most five tokens, the likeliest first. */
  readonly tokens: readonly number[];
  /** Logarithm of the probability that it gave to the true token. */
  readonly logProb: number;
}

/** Bounds the attacker's memory: two numbers of 4 bytes for each weight. */
const MAX_WEIGHTS = 24_000_000;
/** Tokens of each row that are weighed against their neighbours. */
const CANDIDATES = 24;
const GUESSES = 5;
/** Shares of the attacker's belief that stay with token frequencies: so that no token has none, and that routes which tell nothing cost nothing. */
const DOUBTS = [0.02, 0.1, 0.3, 0.6, 0.9, 1] as const;
/** Weights of the prior of token pairs that are tried on text the attacker keeps back from its training. */
const PAIR_WEIGHTS = [0, 0.25, 0.5, 0.75, 1] as const;
const KEPT_BACK = 0.1;
const RATE = 0.1;
const RIDGE = 1e-4;

/**
 * Recovers tokens from routes. A softmax classifier gives each row's tokens from the experts around it;
 * the prior of token pairs joins rows to text: over the likeliest candidates of each row the forward and
 * backward sums (Rabiner 1989, Proc. IEEE 77) of score(t_i) (P(t_i | t_i-1) / P(t_i))^w give each row's
 * posterior. w, and how much belief stays with the token frequencies, are chosen on kept-back documents.
 */
export class TokenAttacker {
  readonly #classOf: ReadonlyMap<number, number>;
  readonly #features: RouteFeatures;
  readonly #classifier: SoftmaxClassifier;
  readonly #vocabulary: readonly number[];
  readonly #prior: TokenPrior;
  readonly #pairWeight: number;
  readonly #doubt: number;

  private constructor(features: RouteFeatures, classifier: SoftmaxClassifier, vocabulary: readonly number[], prior: TokenPrior, pairWeight: number, doubt: number) {
    this.#features = features;
    this.#classifier = classifier;
    this.#vocabulary = vocabulary;
    this.#prior = prior;
    this.#pairWeight = pairWeight;
    this.#doubt = doubt;
    this.#classOf = new Map(vocabulary.map((token, at) => [token, at]));
  }

  static async train(documents: readonly RoutedDocument[], shape: RouteShape, options: AttackerOptions): Promise<TokenAttacker> {
    const { seed, epochs, seesGates, vocabSize, breathe } = options;
    const features = new RouteFeatures(shape, seesGates);
    const prior = new TokenPrior(documents, vocabSize);
    const vocabulary = frequentTokens(documents, vocabSize, Math.max(2, Math.floor(MAX_WEIGHTS / features.count)));
    const classOf = new Map(vocabulary.map((token, at) => [token, at]));
    const classifier = new SoftmaxClassifier(features.count, vocabulary.map((token) => prior.single(token)));
    const uniform = seededUniform(seed);
    const back = documents.length < 10 ? 0 : Math.ceil(documents.length * KEPT_BACK);
    const taught = documents.slice(back);
    for (let epoch = 0; epoch < epochs; epoch += 1) {
      for (const document of shuffled(taught, uniform)) {
        for (const row of shuffled([...document.tokens.keys()], uniform)) {
          const target = classOf.get(document.tokens[row]!);
          if (target !== undefined) classifier.learn({ features: features.of(document, row), target }, { rate: RATE, ridge: RIDGE });
        }
        await breathe();
      }
    }
    let best = { weight: 0.5, doubt: DOUBTS[0] as number, logProb: -Infinity };
    // Pairs of the kept-back documents must not be in the prior that they choose for.
    const honest = back === 0 ? null : new TokenPrior(taught, vocabSize);
    if (honest !== null) {
      for (const weight of PAIR_WEIGHTS) {
        const trial = new TokenAttacker(features, classifier, vocabulary, honest, weight, 0);
        const logProbs = DOUBTS.map(() => 0);
        for (const document of documents.slice(0, back)) {
          for (const [row, { given }] of trial.#believe(document).entries()) {
            const chance = honest.single(document.tokens[row]!);
            for (const [at, doubt] of DOUBTS.entries()) logProbs[at]! += mixedLog(given, chance, doubt);
          }
          await breathe();
        }
        for (const [at, logProb] of logProbs.entries()) if (logProb > best.logProb) best = { weight, doubt: DOUBTS[at]!, logProb };
      }
    }
    return new TokenAttacker(features, classifier, vocabulary, prior, best.weight, best.doubt);
  }

  /** A guess for each row of a document, of its routes alone. */
  recover(document: RoutedDocument): TokenGuess[] {
    return this.#believe(document).map(({ tokens, given }, row) => ({ tokens, logProb: mixedLog(given, this.#prior.single(document.tokens[row]!), this.#doubt) }));
  }

  /** Guesses, and the probability that the routes give to the true token. */
  #believe(document: RoutedDocument): { readonly tokens: readonly number[]; readonly given: number }[] {
    const rows = document.tokens.length;
    const classes: number[][] = [];
    const scores: Float64Array[] = [];
    const ownLogProbs = new Float64Array(rows);
    for (let row = 0; row < rows; row += 1) {
      const logProbs = this.#classifier.logProbs({ features: this.#features.of(document, row) });
      const best = bestOf(logProbs, CANDIDATES);
      classes.push(best);
      scores.push(Float64Array.from(best, (c) => logProbs[c]!));
      const own = this.#classOf.get(document.tokens[row]!);
      ownLogProbs[row] = own === undefined ? -Infinity : logProbs[own]!;
    }
    const tokens = classes.map((best) => best.map((c) => this.#vocabulary[c]!));
    return this.#posteriors(tokens, scores).map((posterior, row) => {
      const order = bestOf(posterior, GUESSES);
      const truth = document.tokens[row]!;
      const place = tokens[row]!.indexOf(truth);
      // What the candidates hold together is shared out anew by the neighbours; the others keep what they had.
      const held = scores[row]!.reduce((sum, score) => sum + Math.exp(score), 0);
      const given = place === -1 ? Math.exp(ownLogProbs[row]!) : held * posterior[place]!;
      return { tokens: order.map((at) => tokens[row]![at]!), given };
    });
  }

  /** [rows][candidates]: what each candidate is worth given all rows, summing to 1 in a row. */
  #posteriors(tokens: readonly (readonly number[])[], scores: readonly Float64Array[]): Float64Array[] {
    const rows = tokens.length;
    const links = tokens.slice(1).map((own, at) => this.#links(tokens[at]!, own));
    const emitted = scores.map((row) => {
      const highest = row[0] ?? 0;
      return row.map((score) => Math.exp(score - highest));
    });
    const forward: Float64Array[] = [];
    for (let row = 0; row < rows; row += 1) {
      const before = forward[row - 1];
      forward.push(normalised(emitted[row]!.map((own, to) => own * (before ? before.reduce((sum, value, from) => sum + value * links[row - 1]![from]![to]!, 0) : 1))));
    }
    let backward = new Float64Array(emitted.at(-1)?.length ?? 0).fill(1);
    const posteriors: Float64Array[] = [];
    for (let row = rows - 1; row >= 0; row -= 1) {
      posteriors.push(normalised(forward[row]!.map((value, at) => value * backward[at]!)));
      if (row === 0) break;
      const next = backward;
      backward = normalised(Float64Array.from(links[row - 1]!, (link) => link.reduce((sum, value, to) => sum + value * emitted[row]![to]! * next[to]!, 0)));
    }
    return posteriors.toReversed();
  }

  #links(from: readonly number[], to: readonly number[]): Float64Array[] {
    return from.map((previous) => Float64Array.from(to, (token) => (this.#pairWeight === 0 ? 1 : (this.#prior.after(previous, token) / this.#prior.single(token)) ** this.#pairWeight)));
  }
}

/** Documents whose tokens add up to at most so many, in order; the one that crosses the bound is cut. */
export function firstTokens(documents: readonly RoutedDocument[], maxTokens: number, { layers, topK }: RouteShape): RoutedDocument[] {
  const taken: RoutedDocument[] = [];
  for (const document of documents) {
    const left = maxTokens - countTokens(taken);
    if (left <= 0) break;
    const { tokens, expertIds, gates, label } = document;
    const width = layers * topK;
    taken.push(tokens.length <= left ? document : { label, tokens: tokens.subarray(0, left), expertIds: expertIds.subarray(0, left * width), gates: gates.subarray(0, left * width) });
  }
  return taken;
}

function frequentTokens(documents: readonly RoutedDocument[], vocabSize: number, most: number): number[] {
  const counts = new Float64Array(vocabSize);
  for (const { tokens } of documents) for (const token of tokens) counts[token]! += 1;
  return bestOf(counts, Math.min(most, counts.reduce((kinds, count) => kinds + (count > 0 ? 1 : 0), 0)));
}

function normalised(values: Float64Array): Float64Array<ArrayBuffer> {
  const sum = values.reduce((total, value) => total + value, 0);
  return Float64Array.from(values, (value) => (sum > 0 ? value / sum : 1 / values.length));
}

function mixedLog(given: number, chance: number, doubt: number): number {
  return Math.log((1 - doubt) * given + doubt * chance);
}
