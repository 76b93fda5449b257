/** Where the tokens of the baseline went in one layer, by token id: what the same traffic is expected to do. */
export interface TokenRouting {
  readonly experts: number;
  /** Row of each token id that is kept by itself. */
  readonly rows: ReadonlyMap<number, number>;
  /** Expected expert shares of a kept token, [row][experts]; the last row stands for all other tokens. */
  readonly shares: Float32Array;
}

/** Rows of one request that ran through a layer: token ids and the experts selected, [row][topK]. */
export interface RoutedRows {
  readonly tokenIds: ArrayLike<number>;
  readonly expertIds: ArrayLike<number>;
  /** First selection of row r is at r * stride + offset of expertIds. */
  readonly offset: number;
  readonly stride: number;
  readonly topK: number;
}

/** Selections that a rare token borrows from all tokens' mean, so that few sightings do not make a certainty. */
const PRIOR_SELECTIONS = 4;

/** Counts tokens and where they went, for the table that freezes later. */
export class TokenRoutingCounts {
  readonly #counts = new Map<number, Float64Array>();
  readonly #experts: number;

  constructor(experts: number) {
    this.#experts = experts;
  }

  add(rows: RoutedRows): void {
    for (let row = 0; row < rows.tokenIds.length; row += 1) {
      const tokenId = rows.tokenIds[row]!;
      let counts = this.#counts.get(tokenId);
      if (!counts) {
        counts = new Float64Array(this.#experts);
        this.#counts.set(tokenId, counts);
      }
      for (let rank = 0; rank < rows.topK; rank += 1) counts[rows.expertIds[row * rows.stride + rows.offset + rank]!]! += 1;
    }
  }

  /** @param maxTokens tokens kept by themselves, the most frequent first; the rest share one row */
  freeze(maxTokens: number): TokenRouting {
    const experts = this.#experts;
    const bySightings = [...this.#counts].map(([tokenId, counts]) => ({ tokenId, counts, sightings: total(counts) })).toSorted((a, b) => b.sightings - a.sightings || a.tokenId - b.tokenId);
    const kept = bySightings.slice(0, maxTokens);
    const mean = new Float64Array(experts);
    for (const { counts } of bySightings) for (let j = 0; j < experts; j += 1) mean[j]! += counts[j]!;
    const all = Math.max(1, total(mean));
    const others = new Float64Array(experts);
    for (const { counts } of bySightings.slice(maxTokens)) for (let j = 0; j < experts; j += 1) others[j]! += counts[j]!;
    const shares = new Float32Array((kept.length + 1) * experts);
    for (const [row, counts] of [...kept.map((token) => token.counts), others].entries()) {
      const weight = total(counts) + PRIOR_SELECTIONS;
      for (let j = 0; j < experts; j += 1) shares[row * experts + j] = (counts[j]! + (PRIOR_SELECTIONS * mean[j]!) / all) / weight;
    }
    return { experts, rows: new Map(kept.map(({ tokenId }, row) => [tokenId, row])), shares };
  }
}

/**
 * How a request was routed besides what its tokens explain, [experts + 1]. First its expert shares minus
 * those that its tokens had in the baseline, summing to 0; then its agreement with the table (the mean
 * expected share of the experts selected) minus the agreement expected. The last one sees tokens that
 * trade experts among each other, which leaves every expert's share as it was.
 *
 * Routing depends mostly on the token (OpenMoE, arXiv 2402.01739), so a change of what people ask
 * moves the usage and hardly this; a change of the router moves this.
 */
export function routingResidual(routing: TokenRouting, rows: RoutedRows): Float32Array {
  const { experts, shares } = routing;
  const residual = new Float64Array(experts + 1);
  const others = shares.length / experts - 1;
  const count = rows.tokenIds.length;
  for (let row = 0; row < count; row += 1) {
    const expected = (routing.rows.get(rows.tokenIds[row]!) ?? others) * experts;
    for (let j = 0; j < experts; j += 1) {
      const share = shares[expected + j]!;
      residual[j]! -= share / count;
      residual[experts]! -= (share * share) / count;
    }
    for (let rank = 0; rank < rows.topK; rank += 1) {
      const expert = rows.expertIds[row * rows.stride + rows.offset + rank]!;
      residual[expert]! += 1 / (count * rows.topK);
      residual[experts]! += shares[expected + expert]! / (count * rows.topK);
    }
  }
  return Float32Array.from(residual);
}

function total(counts: Float64Array): number {
  return counts.reduce((a, b) => a + b, 0);
}
