import { CONFIDENCE_95, type Interval } from './entropy-estimate.ts';
import { jensenShannonBits } from './divergence.ts';

/** Mean expert shares of some requests, and how much they vary from request to request. */
export interface MeanShares {
  readonly mean: ArrayLike<number>;
  /** Variance of one request's share, by expert. */
  readonly variance: ArrayLike<number>;
  /** Requests that the mean is of; for weighted ones (sum w)^2 / sum w^2. */
  readonly requests: number;
}

export interface DivergenceEstimate {
  /** Bias-corrected, at least 0. */
  readonly bits: number;
  /** As computed, bits. */
  readonly uncorrectedBits: number;
  readonly biasBits: number;
}

/**
 * Jensen-Shannon divergence of two means over requests in bits, less what their noise alone shows. To
 * second order the divergence is sum_j (p_j - q_j)^2 / (8 m_j ln 2), m = (p + q)/2 (Lin 1991), so noise
 * adds sum_j (v_pj/n_p + v_qj/n_q) / (8 m_j ln 2). The variances are between whole requests, so tokens
 * may depend on each other inside one.
 */
export function estimateDivergence(recent: MeanShares, reference: MeanShares): DivergenceEstimate {
  const p = normalised(recent.mean);
  const q = normalised(reference.mean);
  const uncorrectedBits = jensenShannonBits(p, q) ?? 0;
  let biasBits = 0;
  for (let j = 0; j < p.length; j += 1) {
    const curvature = curvatureAt(p[j]!, q[j]!);
    biasBits += curvature * (recent.variance[j]! / recent.requests + reference.variance[j]! / reference.requests);
  }
  return { bits: Math.max(0, uncorrectedBits - biasBits), uncorrectedBits, biasBits };
}

/**
 * 95 % interval of a bias-corrected divergence by the delta method to second order: with gradient
 * g_j = log2(p_j / m_j) / 2 and curvature D_j = 1/(8 m_j ln 2), Var = g' S g + 2 tr(D S D S), S the covariance
 * of p - q. The second term is what is left where p = q and the gradient vanishes.
 * @param covariance of one request's shares, [experts][experts], row by row
 * @param scale of that covariance: variance of the difference of the means over that of one request
 */
export function divergenceInterval(bits: number, recent: ArrayLike<number>, reference: ArrayLike<number>, covariance: ArrayLike<number>, scale: number): Interval {
  const p = normalised(recent);
  const q = normalised(reference);
  const experts = p.length;
  const stride = Math.round(Math.sqrt(covariance.length));
  const gradient = Float64Array.from(p, (share, j) => (share > 0 ? 0.5 * Math.log2((2 * share) / (share + q[j]!)) : 0));
  const curvature = Float64Array.from(p, (share, j) => curvatureAt(share, q[j]!));
  let first = 0;
  let second = 0;
  for (let i = 0; i < experts; i += 1) {
    for (let j = 0; j < experts; j += 1) {
      const s = covariance[i * stride + j]! * scale;
      first += gradient[i]! * gradient[j]! * s;
      second += 2 * curvature[i]! * curvature[j]! * s * s;
    }
  }
  const half = CONFIDENCE_95.z * Math.sqrt(Math.max(0, first) + second);
  return { low: Math.max(0, bits - half), high: Math.min(1, bits + half), level: CONFIDENCE_95.level };
}

function curvatureAt(p: number, q: number): number {
  const middle = (p + q) / 2;
  return middle > 0 ? 1 / (8 * middle * Math.LN2) : 0;
}

/** Shares that sum to 1; what rounding left below 0 counts as 0. */
function normalised(shares: ArrayLike<number>): number[] {
  const positive = Array.from(shares, (share) => Math.max(0, share));
  const sum = positive.reduce((a, b) => a + b, 0);
  return positive.map((share) => (sum > 0 ? share / sum : 0));
}
