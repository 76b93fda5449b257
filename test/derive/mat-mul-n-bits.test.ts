import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { type QuantiseMethod } from '#libs/checkpoint/derive/block-codes';
import { dequantise, METHODS, quantise, type Quantised } from '#libs/checkpoint/derive/dequantise.fixture';
import { BLOCK_WEIGHTS, quantisedShapes } from '#libs/release/quantised-tensor';
import { encodeModel } from '#libs/runtime/onnx/encode-model';
import { seededRandom } from '../harness/random.ts';

it('gives the product with the weights that the blocks stand for', async () => {
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
