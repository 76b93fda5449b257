import { clusteredCounts } from '#libs/stats/design-effect';
import { mutualInformation } from '#libs/stats/mutual-information';
import { type Estimate } from '../run/result.ts';
import { type LayerInformation } from './result.ts';
import { type RoutedDocument, type RouteShape } from './routed-document.ts';

/** Rarer tokens would be bias alone. */
const MIN_TOKEN_DOCUMENTS = 8;
const MAX_TOKENS = 512;

/**
 * Mutual information of class and expert, and of token and expert, layer by layer, bias-corrected and
 * clustered by document (libs/stats/mutual-information). Of tokens only those in at least 8 documents
 * count, the most frequent 512.
 */
export function routeInformation(documents: readonly RoutedDocument[], shape: RouteShape): LayerInformation[] {
  const labels = [...new Set(documents.map(({ label }) => label))].toSorted();
  const tokens = commonTokens(documents);
  return Array.from({ length: shape.layers }, (_, layer) => {
    const byLabel = labels.map((label) => counts(documents.filter((document) => document.label === label), shape, layer, null));
    const byToken = tokens.map((token) => counts(documents, shape, layer, token));
    return { layer, classBits: labels.length < 2 ? null : estimate(byLabel, shape.topK, 'equal'), tokenBits: tokens.length < 2 ? null : estimate(byToken, shape.topK, 'pooled') };
  });
}

type Counts = ReturnType<typeof clusteredCounts>;

function estimate(segments: readonly Counts[], topK: number, weighting: 'equal' | 'pooled'): Estimate | null {
  const found = mutualInformation(segments, topK, weighting);
  const selections = segments.reduce((sum, { load }) => sum + load.reduce((own, value) => own + value, 0), 0);
  return found && { value: found.bits, low: found.interval?.low ?? null, high: found.interval?.high ?? null, n: selections / topK };
}

function counts(documents: readonly RoutedDocument[], { layers, experts, topK }: RouteShape, layer: number, token: number | null): Counts {
  const perDocument = documents.map(({ tokens, expertIds }) => {
    const load = Array.from({ length: experts }, () => 0);
    for (let row = 0; row < tokens.length; row += 1) {
      if (token !== null && tokens[row] !== token) continue;
      for (let k = 0; k < topK; k += 1) load[expertIds[(row * layers + layer) * topK + k]!]! += 1;
    }
    return load;
  });
  return clusteredCounts(perDocument, experts);
}

function commonTokens(documents: readonly RoutedDocument[]): number[] {
  const seenIn = new Map<number, number>();
  const occurrences = new Map<number, number>();
  for (const { tokens } of documents) {
    for (const token of new Set(tokens)) seenIn.set(token, (seenIn.get(token) ?? 0) + 1);
    for (const token of tokens) occurrences.set(token, (occurrences.get(token) ?? 0) + 1);
  }
  return [...seenIn]
    .flatMap(([token, documentsOf]) => (documentsOf >= MIN_TOKEN_DOCUMENTS ? [token] : []))
    .toSorted((a, b) => occurrences.get(b)! - occurrences.get(a)! || a - b)
    .slice(0, MAX_TOKENS);
}
