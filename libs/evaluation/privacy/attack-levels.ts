import { attackAggregates, bagsAround } from './aggregate-attack.ts';
import { classAucs, meanAuc, oneSidedAuc, sampledAuc, type ScoredDocument } from './class-auc.ts';
import { type Bag, ClassAttacker } from './class-attacker.ts';
import { type Estimate } from '../run/result.ts';
import { type LearningPoint, type PrivacyChance, type PrivacyLevel } from './result.ts';
import { routesBag, routesFeatures, tokensBag, usageFeatures } from './request-bags.ts';
import { countTokens, type RoutedDocument, type RouteShape, type SplitDocuments } from './routed-document.ts';
import { firstTokens, TokenAttacker } from './token-attacker.ts';
import { TokenPrior } from './token-prior.ts';
import { recoveryOf, recoveryOfText, recoveryOfUsage } from './token-recovery.ts';

/** Of the training documents, to choose on how much a class attacker is believed. */
const KEPT_BACK = 0.25;

/** What an attack is made on and with. */
export interface AttackOptions {
  readonly shape: RouteShape;
  readonly vocabSize: number;
  readonly seed: number;
  readonly epochs: number;
  /** Called in between, so that others run too. */
  readonly breathe: () => Promise<void>;
}

type Split = SplitDocuments<RoutedDocument>;
export type ClassFigures = Pick<PrivacyLevel, 'classAuc' | 'classes'>;
/** A class attack, and what sampling needs of it. */
export interface RoutesClassFigures extends ClassFigures {
  readonly oneSided: number;
}

/** Trains on the first `trainTokens` tokens and measures on all held-out ones. */
export async function attackRoutes({ train, heldOut }: Split, trainTokens: number, seesGates: boolean, options: AttackOptions): Promise<Omit<PrivacyLevel, 'level' | 'classAuc' | 'classes'> & LearningPoint> {
  const { shape, vocabSize, seed, epochs, breathe } = options;
  const taught = firstTokens(train, trainTokens, shape);
  const attacker = await TokenAttacker.train(taught, shape, { seed, epochs, seesGates, vocabSize, breathe });
  const recovery = await recoveryOf(attacker, heldOut, new TokenPrior(train, vocabSize), breathe);
  return { trainTokens: countTokens(taught), ...recovery };
}

/** Where the trace holds the token ids. */
export async function attackText({ train, heldOut }: Split, { vocabSize, seed, breathe }: AttackOptions): Promise<Omit<PrivacyLevel, 'level'>> {
  const recovery = await recoveryOfText(heldOut, new TokenPrior(train, vocabSize), breathe);
  return { ...recovery, ...classFigures(train.map(tokensBag), heldOut.map(tokensBag), vocabSize, seed).figures };
}

/** Tells classes from routes. */
export function attackRouteClasses({ train, heldOut }: Split, { shape, seed }: AttackOptions): RoutesClassFigures {
  const { figures, scored, labels } = classFigures(train.map((document) => routesBag(document, shape)), heldOut.map((document) => routesBag(document, shape)), routesFeatures(shape), seed);
  return { ...figures, oneSided: oneSidedAuc(scored, labels) };
}

/** Where only sums over `size` requests are kept. */
export async function attackUsage({ train, heldOut }: Split, size: number, { shape, vocabSize, seed, breathe }: AttackOptions): Promise<Omit<PrivacyLevel, 'level'>> {
  const { scored, bags } = attackAggregates(train, heldOut, shape, size, seed);
  await breathe();
  const back = train.slice(0, Math.floor(train.length * KEPT_BACK));
  const classes = ClassAttacker.train(bagsAround(train.slice(back.length), shape, size, seed), usageFeatures(shape), seed);
  const recovery = await recoveryOfUsage(classes, train, { documents: back, bags: bagsAround(back, shape, size, seed + 1) }, heldOut, bags, vocabSize, breathe);
  const labels = [...new Set(train.map(({ label }) => label))].toSorted();
  return { ...recovery, classAuc: labels.length < 2 ? null : meanAuc(scored, labels, seed), classes: labels.length < 2 ? [] : classAucs(scored, labels) };
}

/**
 * What a share of requests with traces gives of all requests, in expectation over the choice: the others
 * are guessed as if nothing were known of them.
 */
export function sampledLevel(routes: PrivacyLevel, { majority, majorityTop5 }: PrivacyChance, share: number, oneSided: number): PrivacyLevel {
  const mixed = (own: Estimate, chance: number): Estimate => {
    const at = (value: number): number => share * value + (1 - share) * chance;
    return { value: at(own.value), low: own.low === null ? null : at(own.low), high: own.high === null ? null : at(own.high), n: own.n };
  };
  return {
    level: 'sampled',
    tokenRecovery: mixed(routes.tokenRecovery, majority.value),
    top5: mixed(routes.top5, majorityTop5.value),
    informationBits: mixed(routes.informationBits, 0),
    classAuc: routes.classAuc && sampledAuc(routes.classAuc, share, oneSided),
    classes: [],
  };
}

function classFigures(train: readonly Bag[], heldOut: readonly Bag[], features: number, seed: number): { figures: ClassFigures; scored: readonly ScoredDocument[]; labels: readonly string[] } {
  const attacker = ClassAttacker.train(train, features, seed);
  const { labels } = attacker;
  if (labels.length < 2) return { figures: { classAuc: null, classes: [] }, scored: [], labels };
  const scored = heldOut.map((bag) => ({ label: bag.label, scores: attacker.logOdds(bag) }));
  return { figures: { classAuc: meanAuc(scored, labels, seed), classes: classAucs(scored, labels) }, scored, labels };
}
