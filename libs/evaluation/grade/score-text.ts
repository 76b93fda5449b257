import { type ReleaseManifest } from '#libs/release/manifest';
import { EvaluationError } from '../evaluation-error.ts';
import { type Probe, type Routes } from '../probe/probe.ts';

/** How surprising some text is: bits of its tokens and UTF-8 bytes of what they spell. */
export type Surprise = { readonly bits: number; readonly bytes: number };

export interface ScoredText extends Surprise {
  readonly tokens: Uint32Array;
  readonly routes: Routes;
}

/** bits/byte */
export function bitsPerByte({ bits, bytes }: Surprise): number {
  return bits / bytes;
}

/** Bits of natural logarithms of probabilities: their negative sum by ln 2. */
export function bitsOf(logProbs: Float64Array): number {
  let nats = 0;
  for (const logProb of logProbs) nats -= logProb;
  return nats / Math.LN2;
}

/**
 * The likelihood of a text, all tokens after the first, given those before.
 * @param line of the dataset, from 1, for errors
 * @throws EvaluationError where the text is too short or too long for the release
 */
export async function scoreText(probe: Probe, release: ReleaseManifest, text: string, line: number): Promise<ScoredText> {
  const tokens = await probe.encode(release, text);
  requireFits(tokens, release, line);
  const [score] = await probe.score(release, [{ tokens, from: 1 }]);
  // A first token that is no <s> is given, not predicted: its bytes do not count.
  const given = tokens[0] === release.shape.bosTokenId ? '' : await probe.decode(release, [tokens[0]!]);
  return { bits: bitsOf(score!.logProbs), bytes: Buffer.byteLength(text) - Buffer.byteLength(given), tokens, routes: score!.routes };
}

/** @throws EvaluationError naming the line whose tokens the release cannot take */
export function requireFits(tokens: Uint32Array, { shape }: ReleaseManifest, line: number, spare = 0): void {
  if (tokens.length >= 2 && tokens.length + spare <= shape.contextTokens) return;
  const most = shape.contextTokens - spare;
  throw new EvaluationError('item-does-not-fit', `line ${line}`, `line ${line} has ${tokens.length} tokens; this release takes 2 to ${most}. ${tokens.length < 2 ? 'Give a longer text' : 'Cut it into several items'}.`);
}

export interface ScoredContinuations {
  /** In the order of the continuations. */
  readonly surprises: readonly Surprise[];
  /** Tokens that all of them were given. */
  readonly given: Uint32Array;
  /** Of the first continuation; its first rows are those of `given`. */
  readonly routes: Routes;
}

/**
 * Likelihoods of several continuations of one prompt. Each is scored from the first token in which any of them,
 * or the prompt alone, differs from another, so that all are given the same tokens.
 * @throws EvaluationError where one is too long for the release
 */
export async function scoreContinuations(probe: Probe, release: ReleaseManifest, prompt: string, continuations: readonly string[], line: number): Promise<ScoredContinuations> {
  const encoded: Uint32Array[] = [];
  for (const continuation of continuations) encoded.push(await probe.encode(release, prompt + continuation));
  const alone = await probe.encode(release, prompt);
  // At least one token is given, and of each at least the last is asked.
  const from = Math.max(1, Math.min(commonStart([alone, ...encoded]), ...encoded.map(({ length }) => length - 1)));
  for (const tokens of encoded) requireFits(tokens, release, line);
  const scores = await probe.score(release, encoded.map((tokens) => ({ tokens, from })));
  const first = alone[0] === release.shape.bosTokenId ? 1 : 0;
  const given = await probe.decode(release, [...encoded[0]!.subarray(first, from)]);
  const promptBytes = Buffer.byteLength(prompt);
  const rest = prompt.startsWith(given) ? promptBytes - Buffer.byteLength(given) : 0;
  return {
    surprises: scores.map(({ logProbs }, at) => ({ bits: bitsOf(logProbs), bytes: Buffer.byteLength(continuations[at]!) + rest })),
    given: encoded[0]!.subarray(0, from),
    routes: scores[0]!.routes,
  };
}

function commonStart(lists: readonly Uint32Array[]): number {
  const [first, ...others] = lists;
  let length = 0;
  while (length < first!.length && others.every((other) => other[length] === first![length])) length += 1;
  return length;
}
