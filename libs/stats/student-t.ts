/** Terms of the continued fraction; it settles within some tens for every argument asked here. */
const MAX_TERMS = 500;
const PRECISION = 1e-15;
/** Stands in for zero in a denominator. */
const TINY = 1e-300;

/** P(T > t) of Student's t distribution. `degrees` above 0, also broken ones, as Welch's are. Source: Abramowitz & Stegun 1964, 26.7.1. */
export function studentTail(t: number, degrees: number): number {
  if (t === Number.POSITIVE_INFINITY) return 0;
  if (t === Number.NEGATIVE_INFINITY) return 1;
  const half = 0.5 * incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5);
  return t >= 0 ? half : 1 - half;
}

/** The t that is exceeded with probability `tail`, 0 < tail < 1; by bisection, to about 12 digits. */
export function studentQuantile(tail: number, degrees: number): number {
  if (tail > 0.5) return -studentQuantile(1 - tail, degrees);
  let low = 0;
  let high = 1;
  while (studentTail(high, degrees) > tail && high < 1e300) high *= 2;
  for (let step = 0; step < 200 && high - low > 1e-13 * high; step += 1) {
    const middle = (low + high) / 2;
    if (studentTail(middle, degrees) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** I_x(a, b), the regularised incomplete beta function. Continued fraction 26.5.8 of Abramowitz & Stegun, summed after Lentz 1976. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction settles fast only on this side; I_x(a, b) = 1 - I_(1-x)(b, a) on the other.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b)) / a;
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let sum = d;
  for (let m = 1; m <= MAX_TERMS; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    sum *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    sum *= d * c;
    if (Math.abs(d * c - 1) < PRECISION) break;
  }
  return front * sum;
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/** Natural logarithm of the gamma function, x > 0: shifted up, then Stirling's series (Abramowitz & Stegun 6.1.41). */
function logGamma(x: number): number {
  let shift = 0;
  let y = x;
  while (y < 10) {
    shift += Math.log(y);
    y += 1;
  }
  const inverse = 1 / (y * y);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / y;
  return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
