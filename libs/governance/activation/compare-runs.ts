import { type RoutedRows } from './route-slice.ts';

/** A release's prediction of one token: natural logs of probabilities. */
export interface ScoredToken {
  readonly logprob: number;
  /** The likeliest tokens, likeliest first. */
  readonly top: readonly { readonly tokenId: number; readonly logprob: number }[];
  readonly tokenId: number;
}

export interface ScoreComparison {
  /** Tokens that both scored. */
  readonly tokens: number;
  /** Mean of ln p - ln q of the token that followed, nats: above 0 where the second predicts worse. */
  readonly meanLogLikelihoodDifference: number;
  /** Mean of the KL divergence of the second from the first, bits, over the partition below: a lower bound of the true one. */
  readonly meanKlBits: number;
  /** Share of tokens whose likeliest token differs, 0 to 1. */
  readonly argmaxDisagreement: number;
}

/** A rest that rounding leaves empty still weighs this much, so that no divergence is infinite. */
const LEAST_REST = 1e-12;

/**
 * Compares what two releases predict for the same tokens; null entries (nothing predicts the first
 * token) are left out. @returns zeros where no token was scored by both
 */
export function compareScores(first: readonly (ScoredToken | null)[], second: readonly (ScoredToken | null)[]): ScoreComparison {
  let tokens = 0;
  let difference = 0;
  let klBits = 0;
  let disagreements = 0;
  for (let at = 0; at < Math.min(first.length, second.length); at += 1) {
    const p = first[at];
    const q = second[at];
    if (!p || !q) continue;
    tokens += 1;
    difference += p.logprob - q.logprob;
    klBits += partitionKlBits(p, q);
    if (p.top[0]?.tokenId !== q.top[0]?.tokenId) disagreements += 1;
  }
  if (tokens === 0) return { tokens: 0, meanLogLikelihoodDifference: 0, meanKlBits: 0, argmaxDisagreement: 0 };
  return { tokens, meanLogLikelihoodDifference: difference / tokens, meanKlBits: klBits / tokens, argmaxDisagreement: disagreements / tokens };
}

/**
 * KL divergence in bits over a partition of the vocabulary: each token whose probability both releases
 * told stands alone, all others are one rest. Merging outcomes never raises a divergence (Cover and
 * Thomas, Elements of Information Theory, 2nd ed., theorem 2.7.1, the log sum inequality).
 */
export function partitionKlBits(p: ScoredToken, q: ScoredToken): number {
  const told = new Map([...q.top, q].map(({ tokenId, logprob }) => [tokenId, logprob]));
  let restP = 1;
  let restQ = 1;
  let nats = 0;
  for (const [tokenId, logP] of new Map([...p.top, p].map((token) => [token.tokenId, token.logprob]))) {
    const logQ = told.get(tokenId);
    if (logQ === undefined) continue;
    const probability = Math.exp(logP);
    restP -= probability;
    restQ -= Math.exp(logQ);
    if (probability > 0) nats += probability * (logP - logQ);
  }
  if (restP > LEAST_REST) nats += restP * Math.log(restP / Math.max(restQ, LEAST_REST));
  // Rounding can leave a hair below zero.
  return Math.max(0, nats / Math.LN2);
}

/**
 * For each layer, the mean over rows of the share of the first release's selected experts that the
 * second did not select, 0 to 1. Rows that only one of them has are left out.
 */
export function routingDisagreement(first: RoutedRows, second: RoutedRows): number[] {
  const rows = Math.min(first.rows, second.rows);
  return Array.from({ length: Math.min(first.layers, second.layers) }, (_, layer) => {
    let sum = 0;
    for (let row = 0; row < rows; row += 1) {
      const own = selected(first, row, layer);
      const others = new Set(selected(second, row, layer));
      sum += own.filter((expert) => !others.has(expert)).length / own.length;
    }
    return rows === 0 ? 0 : sum / rows;
  });
}

function selected({ layers, topK, expertIds }: RoutedRows, row: number, layer: number): readonly number[] {
  const at = (row * layers + layer) * topK;
  return [...expertIds.subarray(at, at + topK)];
}
