/** Fading sums over recent requests. Plain data, so that it survives a restart as JSON. */
export interface RecentMoments {
  /** Sum of the requests' weights, and of their squares. */
  weight: number;
  weightSquares: number;
  /** Weighted sums of a request's values less the baseline's mean, and of their squares. */
  readonly sum: number[];
  readonly squares: number[];
}

export function newRecentMoments(length: number): RecentMoments {
  const zeros = (): number[] => Array.from({ length }, () => 0);
  return { weight: 0, weightSquares: 0, sum: zeros(), squares: zeros() };
}

/** Adds a request; all before it fade by half in `halfLifeRequests`. */
export function addRecent(moments: RecentMoments, values: ArrayLike<number>, offset: number, mean: ArrayLike<number>, halfLifeRequests: number): void {
  const fade = 0.5 ** (1 / halfLifeRequests);
  const { sum, squares } = moments;
  moments.weight = moments.weight * fade + 1;
  moments.weightSquares = moments.weightSquares * fade * fade + 1;
  for (let j = 0; j < sum.length; j += 1) {
    const difference = values[offset + j]! - mean[j]!;
    sum[j] = sum[j]! * fade + difference;
    squares[j] = squares[j]! * fade + difference * difference;
  }
}

export interface RecentMean {
  /** Mean difference to the baseline's mean. */
  readonly difference: Float64Array;
  /** Variance of one request's value. */
  readonly variance: Float64Array;
  /** Requests that would give as exact a mean: (sum w)^2 / sum w^2. */
  readonly requests: number;
}

/** Null before two requests. */
export function recentMean({ weight, weightSquares, sum, squares }: RecentMoments): RecentMean | null {
  const requests = weightSquares > 0 ? (weight * weight) / weightSquares : 0;
  if (requests <= 1.5) return null;
  const unbiased = requests / (requests - 1);
  const difference = Float64Array.from(sum, (value) => value / weight);
  const variance = Float64Array.from(squares, (value, j) => Math.max(0, value / weight - difference[j]! * difference[j]!) * unbiased);
  return { difference, variance, requests };
}
