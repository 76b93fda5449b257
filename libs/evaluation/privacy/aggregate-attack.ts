import { type Bag, ClassAttacker } from './class-attacker.ts';
import { type ScoredDocument } from './class-auc.ts';
import { seededUniform } from './random.ts';
import { usageBag, usageFeatures, usageOf } from './request-bags.ts';
import { type RoutedDocument, type RouteShape } from './routed-document.ts';

/** Groups drawn to train on, with and without the class. */
const TRAIN_GROUPS = 150;

export interface AggregateAttack {
  /** Held-out documents, scored by how much an aggregate that holds each looks as if it held each class. */
  readonly scored: readonly ScoredDocument[];
  /** An aggregate around each held-out document. */
  readonly bags: readonly Bag[];
}

/**
 * Does an aggregate over `size` requests tell that one of them is of a class? For each class the attacker
 * is trained on sums of which one request is of it and the others are not, against sums without it.
 */
export function attackAggregates(train: readonly RoutedDocument[], heldOut: readonly RoutedDocument[], shape: RouteShape, size: number, seed: number): AggregateAttack {
  const labels = [...new Set(train.map(({ label }) => label))].toSorted();
  const uniform = seededUniform(seed);
  const features = usageFeatures(shape);
  const pick = (from: readonly RoutedDocument[]): RoutedDocument => from[Math.floor(uniform() * from.length)]!;
  const around = (slot: RoutedDocument, from: readonly RoutedDocument[]): RoutedDocument[] => [slot, ...Array.from({ length: size - 1 }, () => pick(from))];
  const scores = heldOut.map(() => new Float64Array(labels.length));
  for (const [at, label] of labels.entries()) {
    const inside = train.filter((document) => document.label === label);
    const outside = train.filter((document) => document.label !== label);
    const others = heldOut.filter((document) => document.label !== label);
    if (inside.length === 0 || outside.length === 0 || others.length === 0) continue;
    const taught = Array.from({ length: TRAIN_GROUPS }, () => [
      usageBag('in', usageOf(around(pick(inside), outside), shape)),
      usageBag('out', usageOf(around(pick(outside), outside), shape)),
    ]).flat();
    const attacker = ClassAttacker.train(taught, features, seed + at + 1);
    const inAt = attacker.labels.indexOf('in');
    for (const [index, document] of heldOut.entries()) scores[index]![at] = attacker.logOdds(usageBag('', usageOf(around(document, others), shape)))[inAt]!;
  }
  return {
    scored: heldOut.map(({ label }, index) => ({ label, scores: scores[index]! })),
    bags: bagsAround(heldOut, shape, size, seed),
  };
}

/** A sum around each document, with `size` - 1 others drawn at random; of its class. */
export function bagsAround(documents: readonly RoutedDocument[], shape: RouteShape, size: number, seed: number): Bag[] {
  const uniform = seededUniform(seed);
  return documents.map((document) => {
    const others = Array.from({ length: size - 1 }, () => documents[Math.floor(uniform() * documents.length)]!);
    return usageBag(document.label, usageOf([document, ...others], shape));
  });
}
