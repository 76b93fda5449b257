/**
 * Uniform draws, 0 (included) to 1 (excluded), by xoshiro128** 1.1 (Blackman & Vigna 2021, ACM TOMS 47(4),
 * article 36). The state is filled from the seed by splitmix32, so that near seeds give unlike draws.
 * @param seed 0 to 2^32 - 1
 */
export function seededUniform(seed: number): () => number {
  const draw = xoshiro128(splitmix(seed));
  return () => draw() / 2 ** 32;
}

/** Whole numbers of 32 bits from a state of four, not all 0. */
export function xoshiro128([a, b, c, d]: readonly [number, number, number, number]): () => number {
  let [s0, s1, s2, s3] = [a >>> 0, b >>> 0, c >>> 0, d >>> 0];
  return () => {
    const result = Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = rotate(s3, 11);
    return result;
  };
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function splitmix(seed: number): [number, number, number, number] {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
  return [next(), next(), next(), next() | 1];
}
