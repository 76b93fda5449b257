/** Takes random bytes; noise is only as good as they are. */
export interface RandomBytes {
  /** A uniform whole number in [0, bound), bound up to 2^48. */
  below(bound: number): number;
}

const RANGE = 2 ** 48;

/** Uniform numbers without bias from a stream of bytes: values beyond the last whole multiple are thrown away. @param take gives that many new bytes */
export function uniformFrom(take: (count: number) => Uint8Array): RandomBytes {
  return {
    below(bound) {
      if (!Number.isInteger(bound) || bound < 1 || bound > RANGE) throw new RangeError(`bound is ${bound}; give a whole number from 1 to 2^48`);
      const limit = RANGE - (RANGE % bound);
      for (;;) {
        const value = take(6).reduce((sum, byte) => sum * 256 + byte, 0);
        if (value < limit) return value % bound;
      }
    },
  };
}
