import * as fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { BLOCK_WEIGHTS, quantisedShapes } from '#libs/release/quantised-tensor';
import { encodeModel } from '#libs/runtime/onnx/encode-model';
import { seededRandom } from '../../../test/harness/random.ts';
import { blockScales, packCodes, packZeroPoints, type QuantiseMethod } from './block-codes.ts';

const METHODS: readonly QuantiseMethod[] = [
  { bits: 8, zeroPoints: false },
  { bits: 8, zeroPoints: true },
  { bits: 4, zeroPoints: false },
  { bits: 4, zeroPoints: true },
];

interface Quantised {
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
  readonly zeroPoints: Uint8Array;
}

function quantise(values: Float32Array, rows: number, columns: number, method: QuantiseMethod): Quantised {
  const found = blockScales(values, rows, columns, method);
  return { codes: packCodes(values, rows, columns, found, method.bits), scales: found.scales, zeroPoints: packZeroPoints(found.zeroPoints, rows, method.bits) };
}

/** Reads the packed form as its description says, apart from the code that wrote it. */
function dequantise({ codes, scales, zeroPoints }: Quantised, rows: number, columns: number, { bits, zeroPoints: own }: QuantiseMethod): Float64Array {
  const { codes: [, blocks, bytes], zeroPoints: [, zeroBytes] } = quantisedShapes([rows, columns], bits);
  const half = (byte: number, odd: boolean) => (odd ? byte >> 4 : byte & 15);
  return Float64Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    const [block, index] = [Math.floor(column / BLOCK_WEIGHTS), column % BLOCK_WEIGHTS];
    const first = (row * blocks + block) * bytes;
    const code = bits === 8 ? codes[first + index]! : half(codes[first + (index >> 1)]!, index % 2 === 1);
    const packed = bits === 8 ? zeroPoints[row * zeroBytes + block]! : half(zeroPoints[row * zeroBytes + (block >> 1)]!, block % 2 === 1);
    return (code - (own ? packed : 2 ** (bits - 1))) * scales[row * blocks + block]!;
  });
}

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

  it('mean the same to ONNX Runtime: MatMulNBits gives the product with the weights that they stand for', async () => {
    const random = seededRandom(5);
    // Inputs that fill their last block and that do not.
    for (const [rows, columns] of [[48, 96], [33, 80], [5, 20]] as const) {
      for (const method of METHODS) {
        const values = Float32Array.from({ length: rows * columns }, () => (random() - 0.4) * 0.2);
        const made = quantise(values, rows, columns, method);
        const weights = dequantise(made, rows, columns, method);
        const x = Float32Array.from({ length: 3 * columns }, () => random() * 2 - 1);
        const exact = Float64Array.from({ length: 3 * rows }, (_, at) => {
          const [input, out] = [Math.floor(at / rows), at % rows];
          let sum = 0;
          for (let column = 0; column < columns; column += 1) sum += x[input * columns + column]! * weights[out * columns + column]!;
          return sum;
        });
        for (const [level, tolerance] of [[0, 1e-5], [4, 0.03]] as const) {
          const y = await matMulNBits(made, x, [rows, columns], method, level);
          for (const [at, value] of exact.entries()) expect(Math.abs(y[at]! - value), `${columns} x ${rows}, ${method.bits} bits, level ${level}`).toBeLessThan(tolerance);
        }
      }
    }
  });
});

/** The operator alone, at a level of accuracy: 0 computes in fp32, 4 rounds x to 8 bits by block. */
async function matMulNBits(made: Quantised, x: Float32Array, [rows, columns]: readonly [number, number], { bits, zeroPoints }: QuantiseMethod, level: number): Promise<Float32Array> {
  const shapes = quantisedShapes([rows, columns], bits);
  const attributes = Object.fromEntries(Object.entries({ K: columns, N: rows, bits, block_size: BLOCK_WEIGHTS, accuracy_level: level }).map(([key, int]) => [key, { int }]));
  const constants = [
    { name: 'codes', type: 'U8' as const, dimensions: shapes.codes, data: made.codes },
    { name: 'scales', type: 'F32' as const, dimensions: shapes.scales, data: new Uint8Array(made.scales.buffer) },
    { name: 'zeroPoints', type: 'U8' as const, dimensions: shapes.zeroPoints, data: made.zeroPoints },
  ].slice(0, zeroPoints ? 3 : 2);
  const session = await InferenceSession.create(
    encodeModel({
      name: 'product',
      nodes: [{ operator: 'MatMulNBits', domain: 'com.microsoft', inputs: ['x', ...constants.map(({ name }) => name)], outputs: ['y'], attributes }],
      constants,
      inputs: [{ name: 'x', type: 'F32', dimensions: ['rows', columns] }],
      outputs: [{ name: 'y', type: 'F32', dimensions: ['rows', rows] }],
    }),
    { logSeverityLevel: 3 },
  );
  const { y } = await session.run({ x: new Tensor('float32', x, [x.length / columns, columns]) });
  await session.release();
  return y!.data as Float32Array;
}
