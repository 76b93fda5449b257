import { type Estimate } from '../run/result.ts';
import { type Bag, type ClassAttacker } from './class-attacker.ts';
import { clusteredMean, clusteredShare, type DocumentSum } from './clustered-share.ts';
import { type PrivacyChance } from './result.ts';
import { type RoutedDocument } from './routed-document.ts';
import { type TokenAttacker } from './token-attacker.ts';
import { bestOf, TokenPrior } from './token-prior.ts';

/** How far an attacker gets with tokens, over held-out documents. */
export interface Recovery {
  readonly tokenRecovery: Estimate;
  readonly top5: Estimate;
  /** Bits per token that the attacker's code is shorter than that of the frequencies. */
  readonly informationBits: Estimate;
}

const GUESSES = 5;

/** @param guess for each row of a document: guesses in order, and the logarithm of the probability given to the truth */
async function measured(
  documents: readonly RoutedDocument[],
  prior: TokenPrior,
  guess: (document: RoutedDocument, at: number) => readonly { readonly tokens: readonly number[]; readonly logProb: number }[],
  breathe: () => Promise<void>,
): Promise<Recovery> {
  const first: DocumentSum[] = [];
  const five: DocumentSum[] = [];
  const bits: DocumentSum[] = [];
  for (const [at, document] of documents.entries()) {
    const count = document.tokens.length;
    const guesses = guess(document, at);
    let hits = 0;
    let within = 0;
    let gained = 0;
    for (const [row, { tokens, logProb }] of guesses.entries()) {
      const truth = document.tokens[row]!;
      if (tokens[0] === truth) hits += 1;
      if (tokens.slice(0, GUESSES).includes(truth)) within += 1;
      gained += (logProb - Math.log(prior.single(truth))) / Math.LN2;
    }
    first.push({ sum: hits, count });
    five.push({ sum: within, count });
    bits.push({ sum: gained, count });
    await breathe();
  }
  return { tokenRecovery: clusteredShare(first), top5: clusteredShare(five), informationBits: clusteredMean(bits) };
}

/** What an attacker trained on routes recovers. */
export function recoveryOf(attacker: Pick<TokenAttacker, 'recover'>, heldOut: readonly RoutedDocument[], prior: TokenPrior, breathe: () => Promise<void>): Promise<Recovery> {
  return measured(heldOut, prior, (document) => attacker.recover(document), breathe);
}

/** Where token ids are kept there is nothing to guess, and so nothing uncertain about shares. */
export async function recoveryOfText(heldOut: readonly RoutedDocument[], prior: TokenPrior, breathe: () => Promise<void>): Promise<Recovery> {
  const { tokenRecovery, informationBits } = await measured(heldOut, prior, ({ tokens }) => Array.from(tokens, (token) => ({ tokens: [token], logProb: 0 })), breathe);
  const all: Estimate = { value: 1, low: 1, high: 1, n: tokenRecovery.n };
  return { tokenRecovery: all, top5: all, informationBits };
}

/**
 * What an attacker who sees sums of usage recovers: it has no rows to look at, so it weighs the token
 * frequencies of each class by how likely the class is, and guesses the same everywhere. How much it believes
 * its classes is chosen on documents that these were not learnt from.
 * @param back documents kept back, and usage that holds each
 * @param bags [heldOut]: usage that holds the document
 */
export async function recoveryOfUsage(
  classes: Pick<ClassAttacker, 'labels' | 'shares'>,
  train: readonly RoutedDocument[],
  back: { readonly documents: readonly RoutedDocument[]; readonly bags: readonly Bag[] },
  heldOut: readonly RoutedDocument[],
  bags: readonly Bag[],
  vocabSize: number,
  breathe: () => Promise<void>,
): Promise<Recovery> {
  const prior = new TokenPrior(train, vocabSize);
  const byClass = classes.labels.map((label) => new TokenPrior(train.filter((document) => document.label === label), vocabSize));
  const believed = (bag: Bag): Float64Array => {
    const shares = classes.shares(bag);
    return Float64Array.from({ length: vocabSize }, (_, token) => byClass.reduce((sum, own, c) => sum + shares[c]! * own.single(token), 0));
  };
  const doubt = chooseDoubt(back.documents, back.bags.map(believed), prior);
  return measured(
    heldOut,
    prior,
    (document, at) => {
      const mixed = believed(bags[at]!).map((share, token) => (1 - doubt) * share + doubt * prior.single(token));
      const tokens = bestOf(mixed, GUESSES);
      return Array.from(document.tokens, (truth) => ({ tokens, logProb: Math.log(mixed[truth]!) }));
    },
    breathe,
  );
}

/** What is recovered with no trace at all. */
export async function chanceOf(train: readonly RoutedDocument[], heldOut: readonly RoutedDocument[], vocabSize: number, breathe: () => Promise<void>): Promise<PrivacyChance> {
  const prior = new TokenPrior(train, vocabSize);
  const frequent = prior.likeliest(null, GUESSES);
  const majority = await measured(heldOut, prior, ({ tokens }) => Array.from(tokens, () => ({ tokens: frequent, logProb: 0 })), breathe);
  const after = new Map<number, readonly number[]>();
  const following = (previous: number | undefined): readonly number[] => {
    if (previous === undefined) return frequent;
    const known = after.get(previous) ?? prior.likeliest(previous, GUESSES);
    after.set(previous, known);
    return known;
  };
  const pairs = await measured(heldOut, prior, ({ tokens }) => Array.from(tokens, (_, row) => ({ tokens: following(tokens[row - 1]), logProb: 0 })), breathe);
  return { majority: majority.tokenRecovery, majorityTop5: majority.top5, prior: pairs.tokenRecovery, priorTop5: pairs.top5 };
}

/** The share of belief that is best left with the frequencies of all text, in tenths; of equal ones the smallest. */
function chooseDoubt(documents: readonly RoutedDocument[], believed: readonly Float64Array[], prior: TokenPrior): number {
  let best = { doubt: 1, logProb: -Infinity };
  for (let tenth = 0; tenth <= 10; tenth += 1) {
    const doubt = tenth / 10;
    let logProb = 0;
    for (const [at, { tokens }] of documents.entries()) for (const token of tokens) logProb += Math.log((1 - doubt) * believed[at]![token]! + doubt * prior.single(token));
    if (logProb > best.logProb) best = { doubt, logProb };
  }
  return best.doubt;
}
