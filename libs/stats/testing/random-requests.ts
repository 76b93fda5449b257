/** Seeded uniform numbers in [0, 1): mulberry32. For simulations in tests only. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Gamma(shape, 1) by Marsaglia & Tsang 2000. */
function gamma(random: () => number, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * random() ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const v = (1 + c * normal) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * normal * normal + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** One request's counts: n selections from shares drawn by Dirichlet(p (1 - rho)/rho); rho correlates them. */
export function correlatedRequest(random: () => number, p: readonly number[], n: number, rho: number): number[] {
  const concentration = (1 - rho) / rho;
  const draws = p.map((share) => gamma(random, share * concentration));
  const sum = draws.reduce((a, b) => a + b, 0);
  const counts = p.map(() => 0);
  for (let i = 0; i < n; i += 1) {
    let left = random() * sum;
    let expert = 0;
    while (expert < draws.length - 1 && left >= (draws[expert] ?? 0)) {
      left -= draws[expert] ?? 0;
      expert += 1;
    }
    counts[expert] = (counts[expert] ?? 0) + 1;
  }
  return counts;
}
