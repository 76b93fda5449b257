import { type RandomBytes } from './random-bytes.ts';

/**
 * Discrete Laplace noise of scale t/s, exactly: P(x) = (e^(s/t) - 1)/(e^(s/t) + 1) e^(-|x| s/t) for whole x.
 * Source: Canonne, Kamath & Steinke 2020, "The Discrete Gaussian for Differential Privacy"
 * (arXiv 2004.00010), algorithms 1 and 2: only whole numbers are drawn and compared, so there are no
 * floating-point gaps for an attacker to look into (Mironov 2012).
 * @param s @param t whole numbers from 1 to 2^24
 */
export function discreteLaplace(s: number, t: number, random: RandomBytes): number {
  for (const [name, value] of [['s', s], ['t', t]] as const) {
    if (!Number.isInteger(value) || value < 1 || value > 2 ** 24) throw new RangeError(`${name} is ${value}; give a whole number from 1 to 2^24`);
  }
  for (;;) {
    const u = random.below(t);
    if (!bernoulliExp(u, t, random)) continue;
    let v = 0;
    while (bernoulliExp(1, 1, random)) v += 1;
    const magnitude = Math.floor((u + t * v) / s);
    const isNegative = random.below(2) === 1;
    if (isNegative && magnitude === 0) continue;
    return isNegative ? -magnitude : magnitude;
  }
}

/** Logarithm of the probability of x under the noise of discreteLaplace. */
export function discreteLaplaceLogProb(x: number, s: number, t: number): number {
  const rate = s / t;
  return Math.log(Math.tanh(rate / 2)) - Math.abs(x) * rate;
}

/** Bernoulli(exp(-numerator/denominator)) for 0 <= numerator <= denominator: von Neumann's series. */
function bernoulliExp(numerator: number, denominator: number, random: RandomBytes): boolean {
  let k = 1;
  // Bernoulli(numerator / (denominator k)) as two draws, so that no product grows too large.
  while (random.below(denominator) < numerator && random.below(k) === 0) k += 1;
  return k % 2 === 1;
}
