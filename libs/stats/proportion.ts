import { CONFIDENCE_95 } from './entropy-estimate.ts';

/**
 * Wilson's score interval of a share at 95 % (Wilson 1927, JASA 22, 209-212): (p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n).
 * @param share observed, in [0, 1]
 * @param trials independent ones; may be fractional, as where clustered ones are divided by their design effect. 0 gives [0, 1]
 */
export function wilsonInterval(share: number, trials: number): { low: number; high: number } {
  if (!(trials > 0)) return { low: 0, high: 1 };
  const square = CONFIDENCE_95.z ** 2 / trials;
  const centre = (share + square / 2) / (1 + square);
  const half = (CONFIDENCE_95.z / (1 + square)) * Math.sqrt((share * (1 - share)) / trials + square / (4 * trials));
  // At the ends the formula gives the end itself, less rounding.
  return { low: share <= 0 ? 0 : Math.max(0, centre - half), high: share >= 1 ? 1 : Math.min(1, centre + half) };
}
