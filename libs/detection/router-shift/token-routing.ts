/** Where the tokens of the baseline went in one layer, by token id: what the same traffic is expected to do. */
export interface TokenRouting {
  readonly experts: number;
  /** Row of each token id that is known well; other tokens have none. */
  readonly rows: ReadonlyMap<number, number>;
  /** Expected expert shares of a known token, [row][experts]. */
  readonly shares: Float32Array;
  /** Sum of the squared shares of each row: the agreement expected. [row] */
  readonly agreement: Float32Array;
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

export interface TokenRoutingOptions {
  /** Tokens that are kept at most, the most frequent first. */
  readonly maxTokens: number;
  /** A token seen in fewer rows than this is not known. */
  readonly minSightings: number;
}

/** Selections that a token borrows from all tokens' mean, so that few sightings do not make a certainty. */
const PRIOR_SELECTIONS = 4;

/** Shares are kept in units of 1/65535, as they are stored. */
export const SHARE_UNITS = 65_535;

/** Counts where the tokens went; one pass chooses the tokens, a second one counts, so that memory is bounded by the tokens kept. */
export function freezeTokenRouting(requests: readonly RoutedRows[], experts: number, { maxTokens, minSightings }: TokenRoutingOptions): TokenRouting {
  const sightings = new Map<number, number>();
  for (const { tokenIds } of requests) {
    for (let row = 0; row < tokenIds.length; row += 1) sightings.set(tokenIds[row]!, (sightings.get(tokenIds[row]!) ?? 0) + 1);
  }
  const kept = [...sightings]
    .filter(([, count]) => count >= minSightings)
    .toSorted((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, maxTokens);
  const rows = new Map(kept.map(([tokenId], row) => [tokenId, row]));
  const counts = new Float64Array(kept.length * experts);
  const mean = new Float64Array(experts);
  for (const { tokenIds, expertIds, offset, stride, topK } of requests) {
    for (let row = 0; row < tokenIds.length; row += 1) {
      const known = rows.get(tokenIds[row]!);
      for (let rank = 0; rank < topK; rank += 1) {
        const expert = expertIds[row * stride + offset + rank]!;
        mean[expert]! += 1;
        if (known !== undefined) counts[known * experts + expert]! += 1;
      }
    }
  }
  return { experts, rows, ...smoothed(counts, mean, kept.length, experts) };
}

function smoothed(counts: Float64Array, mean: Float64Array, rows: number, experts: number): Pick<TokenRouting, 'shares' | 'agreement'> {
  const all = Math.max(1, total(mean));
  const shares = new Float32Array(rows * experts);
  for (let row = 0; row < rows; row += 1) {
    const weight = total(counts.subarray(row * experts, (row + 1) * experts)) + PRIOR_SELECTIONS;
    for (let j = 0; j < experts; j += 1) {
      const share = (counts[row * experts + j]! + (PRIOR_SELECTIONS * mean[j]!) / all) / weight;
      shares[row * experts + j] = Math.round(share * SHARE_UNITS) / SHARE_UNITS;
    }
  }
  return { shares, agreement: rowAgreement(shares, experts) };
}

/** Sum of squares of each row of [row][experts]. */
export function rowAgreement(shares: Float32Array, experts: number): Float32Array {
  const agreement = new Float32Array(shares.length / experts);
  for (let at = 0; at < shares.length; at += 1) agreement[Math.floor(at / experts)]! += shares[at]! * shares[at]!;
  return agreement;
}

export interface RoutingResidual {
  /** [experts + 1], see routingResidual. */
  readonly values: Float32Array;
  readonly knownRows: number;
}

/**
 * How a request's known tokens were routed besides what they are known for, [experts + 1]. First their
 * expert shares minus those that the same tokens had in the baseline, summing to 0; then the agreement
 * with the table (the mean expected share of the experts selected) minus the agreement expected. The
 * last one sees tokens that trade experts among each other, which leaves every expert's share as it was.
 *
 * Routing depends mostly on the token (OpenMoE, arXiv 2402.01739), so a change of what people ask
 * moves the usage and hardly this; a change of the router moves this. Tokens that the table does not
 * know are left out: they would make a new vocabulary look like a new router.
 */
export function routingResidual(routing: TokenRouting, { tokenIds, expertIds, offset, stride, topK }: RoutedRows): RoutingResidual {
  const { experts, shares, agreement } = routing;
  const sums = new Float64Array(experts + 1);
  let knownRows = 0;
  let agreed = 0;
  for (let row = 0; row < tokenIds.length; row += 1) {
    const known = routing.rows.get(tokenIds[row]!);
    if (known === undefined) continue;
    knownRows += 1;
    const base = known * experts;
    for (let j = 0; j < experts; j += 1) sums[j]! -= shares[base + j]!;
    agreed -= agreement[known]!;
    for (let rank = 0; rank < topK; rank += 1) {
      const expert = expertIds[row * stride + offset + rank]!;
      sums[expert]! += 1 / topK;
      agreed += shares[base + expert]! / topK;
    }
  }
  const values = new Float32Array(experts + 1);
  if (knownRows === 0) return { values, knownRows };
  for (let j = 0; j < experts; j += 1) values[j] = sums[j]! / knownRows;
  values[experts] = agreed / knownRows;
  return { values, knownRows };
}

function total(counts: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < counts.length; at += 1) sum += counts[at]!;
  return sum;
}
