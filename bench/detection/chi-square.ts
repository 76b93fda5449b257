/**
 * Upper tail of the chi-squared law: Q(freedom/2, x/2), the regularised incomplete gamma function, by
 * its series below a + 1 and by Lentz's continued fraction above. Source: Abramowitz & Stegun 1964,
 * 6.5.29 and 6.5.31.
 */
export function chiSquareTail(statistic: number, freedom: number): number {
  const a = freedom / 2;
  const x = statistic / 2;
  if (x <= 0 || freedom <= 0) return 1;
  const scale = Math.exp(-x + a * Math.log(x) - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let series = term;
    for (let k = 1; k < 10_000 && term > series * 1e-16; k += 1) {
      term *= x / (a + k);
      series += term;
    }
    return Math.max(0, 1 - series * scale);
  }
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let k = 1; k < 10_000; k += 1) {
    const an = -k * (k - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return fraction * scale;
}

/** Natural log of the gamma function by Stirling's series, shifted to where it is exact to 1e-14. */
function logGamma(value: number): number {
  let shift = 0;
  let z = value;
  while (z < 12) {
    shift -= Math.log(z);
    z += 1;
  }
  const inverse = 1 / (z * z);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / z;
  return shift + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series;
}

/** The value that a chi-squared variable exceeds with probability `tail`, by bisection. */
export function chiSquareQuantile(tail: number, freedom: number): number {
  let low = 0;
  let high = freedom + 40 * Math.sqrt(2 * freedom) + 100;
  for (let step = 0; step < 100; step += 1) {
    const middle = (low + high) / 2;
    if (chiSquareTail(middle, freedom) > tail) low = middle;
    else high = middle;
  }
  return high;
}

/** 95 % interval of a Poisson mean of which `events` were counted. Source: Garwood 1936, "Fiducial limits for the Poisson distribution". */
export function poissonInterval(events: number): { readonly low: number; readonly high: number } {
  return { low: events === 0 ? 0 : chiSquareQuantile(0.975, 2 * events) / 2, high: chiSquareQuantile(0.025, 2 * events + 2) / 2 };
}
