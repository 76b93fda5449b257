import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_WEIGHTS } from '#libs/release/quantised-tensor';
import { dequantise, METHODS, quantise } from './dequantise.fixture.ts';

const matrix = fc
  .record({ rows: fc.integer({ min: 1, max: 4 }), columns: fc.integer({ min: 1, max: 100 }), method: fc.constantFrom(...METHODS) })
  .chain(({ rows, columns, method }) =>
    fc.record({ rows: fc.constant(rows), columns: fc.constant(columns), method: fc.constant(method), values: fc.float32Array({ minLength: rows * columns, maxLength: rows * columns, noNaN: true, noDefaultInfinity: true }) }),
  );

describe('blocks of whole numbers', () => {
  it('are off by half a scale where a code is near, and by one at the ends', () => {
    fc.assert(
      fc.property(matrix, ({ rows, columns, method, values }) => {
        const made = quantise(values, rows, columns, method);
        const back = dequantise(made, rows, columns, method);
        const blocks = Math.ceil(columns / BLOCK_WEIGHTS);
        const symmetric8 = method.bits === 8 && !method.zeroPoints;
        for (const [at, value] of values.entries()) {
          const scale = Math.abs(made.scales[Math.floor(at / columns) * blocks + Math.floor((at % columns) / BLOCK_WEIGHTS)]!);
          // fp32 rounds the scale, by 2^-24 of it or, where it is tiny, by 2^-150; 255 steps add that up.
          expect(Math.abs(back[at]! - value)).toBeLessThanOrEqual(scale * (symmetric8 ? 0.5 : 1) * (1 + 2 ** -14) + 2 ** -142);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keep zeros, and the largest weight without zero points, exactly', () => {
    for (const method of METHODS) {
      const values = Float32Array.of(0, -0.75, 0.5, 0, 0.1);
      const back = dequantise(quantise(values, 1, 5, method), 1, 5, method);
      expect([back[0], back[3]]).toEqual([0, 0]);
      if (!method.zeroPoints) expect(back[1]).toBeCloseTo(-0.75, 6);
      expect(dequantise(quantise(new Float32Array(70), 2, 35, method), 2, 35, method).every((value) => Object.is(value, 0))).toBe(true);
    }
  });
});
