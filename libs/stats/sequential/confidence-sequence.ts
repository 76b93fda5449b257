import { type Interval } from '../entropy-estimate.ts';

/** Sums of a confidence sequence over observations in [low, high]; scaled to [0, 1] inside. */
export interface ConfidenceSequence {
  readonly low: number;
  readonly high: number;
  /** 1 - confidence level, over all times together. */
  readonly alpha: number;
  observations: number;
  sum: number;
  /** Sum of squared distances of each observation to the running mean that includes it. */
  squares: number;
  weights: number;
  weighted: number;
  penalty: number;
}

export function startConfidenceSequence(low: number, high: number, alpha: number): ConfidenceSequence {
  if (!(low < high)) throw new RangeError(`low is ${low}; it must be below high, ${high}`);
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`alpha is ${alpha}; give one between 0 and 1`);
  return { low, high, alpha, observations: 0, sum: 0, squares: 0, weights: 0, weighted: 0, penalty: 0 };
}

/** Cap of the weights, as the authors advise. */
const MAX_WEIGHT = 0.5;

/**
 * Takes one observation into the predictable plug-in empirical Bernstein sequence of Waudby-Smith & Ramdas
 * 2024, Theorem 2: weights l_t = min(c, sqrt(2 log(2/alpha) / (s^2_{t-1} t log(1+t)))), penalty
 * sum (x_t - m_{t-1})^2 (-log(1-l_t) - l_t), with m and s^2 the regularised running mean and variance.
 */
export function observe(sequence: ConfidenceSequence, value: number): void {
  const x = Math.min(1, Math.max(0, (value - sequence.low) / (sequence.high - sequence.low)));
  const t = sequence.observations + 1;
  const meanBefore = (0.5 + sequence.sum) / t;
  const varianceBefore = (0.25 + sequence.squares) / t;
  const weight = Math.min(MAX_WEIGHT, Math.sqrt((2 * Math.log(2 / sequence.alpha)) / (varianceBefore * t * Math.log1p(t))));
  sequence.weights += weight;
  sequence.weighted += weight * x;
  sequence.penalty += (x - meanBefore) ** 2 * (-Math.log1p(-weight) - weight);
  sequence.observations = t;
  sequence.sum += x;
  sequence.squares += (x - (0.5 + sequence.sum) / (t + 1)) ** 2;
}

/** Interval of the mean that holds at all times together with probability 1 - alpha; null without observations. */
export function confidenceInterval({ low, high, alpha, weights, weighted, penalty, observations }: ConfidenceSequence): Interval | null {
  if (observations === 0) return null;
  const centre = weighted / weights;
  const half = (Math.log(2 / alpha) + penalty) / weights;
  const back = (x: number): number => low + (high - low) * Math.min(1, Math.max(0, x));
  return { low: back(centre - half), high: back(centre + half), level: 1 - alpha };
}
