import { type ReleaseManifest } from '#libs/release/manifest';
import { bitsOf, requireFits } from '../grade/score-text.ts';
import { type Intervention, type Probe, type Score } from '../probe/probe.ts';
import { type Text } from '../suite/likelihood-texts.ts';

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
