import { seededUniform, shuffled } from './random.ts';
import { type Example, SoftmaxClassifier } from './softmax-classifier.ts';

/** What an attacker knows of one request: a bag of features with their shares. */
export interface Bag {
  readonly label: string;
  readonly features: Uint32Array;
  /** Same length as features. */
  readonly values: Float32Array;
}

const EPOCHS = 30;
const RATE = 0.1;
const RIDGE = 1e-4;

/** Tells the class of a request from a bag of features. */
export class ClassAttacker {
  readonly labels: readonly string[];
  readonly #classifier: SoftmaxClassifier;

  private constructor(labels: readonly string[], classifier: SoftmaxClassifier) {
    this.labels = labels;
    this.#classifier = classifier;
  }

  static train(bags: readonly Bag[], features: number, seed: number): ClassAttacker {
    const labels = [...new Set(bags.map(({ label }) => label))].toSorted();
    const shares = labels.map((label) => bags.filter((bag) => bag.label === label).length / bags.length);
    const classifier = new SoftmaxClassifier(features, shares);
    const uniform = seededUniform(seed);
    const examples = bags.map((bag): Example => ({ features: bag.features, values: bag.values, target: labels.indexOf(bag.label) }));
    for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
      for (const example of shuffled(examples, uniform)) classifier.learn(example, { rate: RATE, ridge: RIDGE });
    }
    return new ClassAttacker(labels, classifier);
  }

  /** [labels]: logarithm of the odds of each class against all others. */
  logOdds(bag: Pick<Bag, 'features' | 'values'>): Float64Array {
    return this.#classifier.logProbs(bag).map((logProb) => logProb - Math.log(Math.max(1e-300, -Math.expm1(Math.min(-1e-12, logProb)))));
  }

  /** [labels]: probability of each class. */
  shares(bag: Pick<Bag, 'features' | 'values'>): Float64Array {
    return this.#classifier.logProbs(bag).map((logProb) => Math.exp(logProb));
  }
}

/** Counts as a bag: the square roots of their shares, on which the distances of Hellinger are straight. @param groups counts that are shares of one whole each */
export function bagOf(label: string, groups: readonly (readonly (readonly [feature: number, count: number])[])[]): Bag {
  const features: number[] = [];
  const values: number[] = [];
  for (const group of groups) {
    const total = group.reduce((sum, [, count]) => sum + count, 0);
    if (total <= 0) continue;
    for (const [feature, count] of group) {
      if (count <= 0) continue;
      features.push(feature);
      values.push(Math.sqrt(count / total));
    }
  }
  return { label, features: Uint32Array.from(features), values: Float32Array.from(values) };
}
