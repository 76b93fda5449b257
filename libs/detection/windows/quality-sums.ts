import { CONFIDENCE_95 } from '#libs/stats/entropy-estimate';

/** Sums of w, w s, w s^2, w^2, w^2 s and w^2 s^2 for each expert, and in how many requests w is above 0. */
const SUMS = 7;

/** Scores of requests, summed by how much each expert had to do with them. Plain sums, so they add. */
export interface QualitySums {
  readonly layers: number;
  readonly experts: number;
  requests: number;
  score: number;
  scoreSquares: number;
  /** [layers x experts x 7] */
  readonly cells: Float64Array;
}

/** How requests that an expert served were liked, against the others. Scores are within 0 to 1. */
export interface ExpertQuality {
  readonly layer: number;
  readonly expert: number;
  /** Requests of which it served any token. */
  readonly requests: number;
  /** Mean share of the tokens of a request that the expert served. */
  readonly share: number;
  /** Mean score weighted by that share; null where it served none. */
  readonly score: number | null;
  /** Mean score weighted by the share of tokens that it did not serve; null where it served all. */
  readonly restScore: number | null;
  /** restScore - score: what is lost on it. */
  readonly lost: number | null;
  /** 95 % interval of `lost`, over requests. */
  readonly interval: { readonly low: number; readonly high: number } | null;
}

export function emptyQualitySums(layers: number, experts: number): QualitySums {
  return { layers, experts, requests: 0, score: 0, scoreSquares: 0, cells: new Float64Array(layers * experts * SUMS) };
}

/**
 * Adds one request.
 * @param shares share of its tokens on each expert, layer by layer, each in [0, 1]. [layers x experts]
 * @param score 0 to 1
 * @throws RangeError for shares of another shape
 */
export function addScore(sums: QualitySums, shares: ArrayLike<number>, score: number): void {
  const { cells } = sums;
  if (shares.length * SUMS !== cells.length) throw new RangeError(`${shares.length} shares for ${sums.layers} layers of ${sums.experts} experts`);
  sums.requests += 1;
  sums.score += score;
  sums.scoreSquares += score * score;
  for (let cell = 0; cell < shares.length; cell += 1) {
    const w = shares[cell] ?? 0;
    if (w === 0) continue;
    const at = cell * SUMS;
    cells[at]! += w;
    cells[at + 1]! += w * score;
    cells[at + 2]! += w * score * score;
    cells[at + 3]! += w * w;
    cells[at + 4]! += w * w * score;
    cells[at + 5]! += w * w * score * score;
    cells[at + 6]! += 1;
  }
}

/**
 * One expert's weighted mean score m1 = sum w s / sum w, that of the rest m0 = sum (1-w) s / sum (1-w), and
 * their difference. Both are ratio estimates over the same requests, so the variance is that of the sum of
 * (1-w)(s - m0)/W0 - w (s - m1)/W1 over requests (linearisation: Cochran 1977, section 6.4), times n/(n-1).
 */
export function qualityOf(sums: QualitySums, layer: number, expert: number): ExpertQuality {
  const { requests: n, score: s, scoreSquares: ss, cells } = sums;
  const at = (layer * sums.experts + expert) * SUMS;
  const [w, ws, wss, w2, w2s, w2ss, served] = Array.from(cells.subarray(at, at + SUMS)) as [number, number, number, number, number, number, number];
  const rest = n - w;
  const score = w > 0 ? ws / w : null;
  const restScore = rest > 1e-9 ? (s - ws) / rest : null;
  const lost = score === null || restScore === null ? null : restScore - score;
  const known = { layer, expert, requests: served, share: n > 0 ? w / n : 0, score, restScore, lost };
  if (score === null || restScore === null || lost === null || n < 2) return { ...known, interval: null };
  const own = w2ss - 2 * score * w2s + score ** 2 * w2;
  // (1-w)^2 = 1 - 2w + w^2, and w(1-w) = w - w^2.
  const others = ss - 2 * wss + w2ss - 2 * restScore * (s - 2 * ws + w2s) + restScore ** 2 * (n - 2 * w + w2);
  const both = wss - w2ss - (score + restScore) * (ws - w2s) + score * restScore * (w - w2);
  const variance = Math.max(0, own / w ** 2 + others / rest ** 2 - (2 * both) / (w * rest)) * (n / (n - 1));
  const half = CONFIDENCE_95.z * Math.sqrt(variance);
  return { ...known, interval: { low: lost - half, high: lost + half } };
}
