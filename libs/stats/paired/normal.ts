const FAR = 8;
const BISECTIONS = 64;

/** P(Z <= z) of the standard normal, to about 15 digits: 1/2 + phi(z) (z + z^3/3 + z^5/(3 5) + ...). Source: Marsaglia 2004, J. Stat. Software 11(4). */
export function normalCdf(z: number): number {
  if (z <= -FAR) return 0;
  if (z >= FAR) return 1;
  let term = z;
  let sum = z;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= (z * z) / odd;
    sum += term;
  }
  return 0.5 + sum * Math.exp(-0.5 * z * z - 0.5 * Math.log(2 * Math.PI));
}

/** z with P(Z <= z) = p; infinite at 0 and 1. By bisection of {@link normalCdf}. */
export function normalQuantile(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY;
  if (p >= 1) return Number.POSITIVE_INFINITY;
  let low = -FAR;
  let high = FAR;
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
