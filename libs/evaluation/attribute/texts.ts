import { type ReleaseManifest } from '#libs/release/manifest';
import { EvaluationError } from '../evaluation-error.ts';
import { bitsOf, requireFits } from '../grade/score-text.ts';
import { type Intervention, type Probe, type Score } from '../probe/probe.ts';
import { type RunInputs } from '../run/assay.ts';
import { parseItems, textItem } from '../suite/items.ts';

const MAX_ITEMS = 100_000;
/** Fewer items say nothing of how much items differ. */
const MIN_ITEMS = 4;

/** A text, and where it came from. */
export interface Text {
  readonly text: string;
  /** Line of its dataset, from 1. */
  readonly line: number;
}

/** Datasets of the likelihood tasks, each once. @throws EvaluationError where there is none */
export function likelihoodDatasets({ suite }: Pick<RunInputs, 'suite'>): readonly string[] {
  const tasks = suite.tasks.filter(({ kind }) => kind === 'likelihood');
  if (tasks.length === 0) throw new EvaluationError('no-likelihood-task', 'suite', 'The suite has no task of the kind likelihood. Choose one that has.');
  return [...new Set(tasks.map(({ dataset }) => dataset))];
}

/** Evenly spread over all texts, so that each task and each part of it is there. @throws EvaluationError where they are malformed, too few or too many */
export async function chosenTexts(inputs: Pick<RunInputs, 'suite' | 'dataset'>, most: number): Promise<readonly Text[]> {
  const all: Text[] = [];
  for (const sha256 of likelihoodDatasets(inputs)) {
    const items = parseItems(await inputs.dataset(sha256), textItem);
    all.push(...items.map(({ text }, at) => ({ text, line: at + 1 })));
  }
  if (all.length < MIN_ITEMS || all.length > MAX_ITEMS) throw new EvaluationError('item-count', 'suite', `The likelihood tasks have ${all.length} texts; give ${MIN_ITEMS} to ${MAX_ITEMS}.`);
  const count = Math.min(most, all.length);
  return Array.from({ length: count }, (_, at) => all[Math.floor((at * all.length) / count)]!);
}

/** Tokens of texts; the tokenizer is the same in all releases of a run. */
export async function encoded(probe: Probe, release: ReleaseManifest, texts: readonly Text[]): Promise<Uint32Array[]> {
  const all: Uint32Array[] = [];
  for (const { text, line } of texts) {
    const tokens = await probe.encode(release, text);
    requireFits(tokens, release, line);
    all.push(tokens);
  }
  return all;
}

/** UTF-8 bytes of what is scored: a first token that is no `<s>` is given, not predicted. */
export async function scoredBytes(probe: Probe, release: ReleaseManifest, texts: readonly Text[], tokens: readonly Uint32Array[]): Promise<number[]> {
  const bytes: number[] = [];
  for (const [at, { text }] of texts.entries()) {
    const first = tokens[at]![0]!;
    const given = first === release.shape.bosTokenId ? '' : await probe.decode(release, [first]);
    bytes.push(Buffer.byteLength(text) - Buffer.byteLength(given));
  }
  return bytes;
}

/** All tokens after the first of each text. */
export function scoresOf(probe: Probe, release: ReleaseManifest, tokens: readonly Uint32Array[], intervention?: Intervention | ((at: number) => Intervention)): Promise<Score[]> {
  return probe.score(release, tokens.map((own, at) => ({ tokens: own, from: 1, ...(intervention && { intervention: typeof intervention === 'function' ? intervention(at) : intervention }) })));
}

/** [texts], bits. */
export async function itemBits(probe: Probe, release: ReleaseManifest, tokens: readonly Uint32Array[], intervention?: Intervention | ((at: number) => Intervention)): Promise<number[]> {
  return (await scoresOf(probe, release, tokens, intervention)).map(({ logProbs }) => bitsOf(logProbs));
}

/** Forward passes of a token that scoring costs. */
export function rowsOf(tokens: readonly Uint32Array[]): number {
  return tokens.reduce((sum, { length }) => sum + length - 1, 0);
}
