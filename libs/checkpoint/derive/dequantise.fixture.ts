import { BLOCK_WEIGHTS, quantisedShapes } from '#libs/release/quantised-tensor';
import { blockScales, packCodes, packZeroPoints, type QuantiseMethod } from './block-codes.ts';

export const METHODS: readonly QuantiseMethod[] = [
  { bits: 8, zeroPoints: false },
  { bits: 8, zeroPoints: true },
  { bits: 4, zeroPoints: false },
  { bits: 4, zeroPoints: true },
];

export interface Quantised {
  readonly codes: Uint8Array;
  readonly scales: Float32Array;
  readonly zeroPoints: Uint8Array;
}

export function quantise(values: Float32Array, rows: number, columns: number, method: QuantiseMethod): Quantised {
  const found = blockScales(values, rows, columns, method);
  return { codes: packCodes(values, rows, columns, found, method.bits), scales: found.scales, zeroPoints: packZeroPoints(found.zeroPoints, rows, method.bits) };
}

/** Reads the packed form as its description says, apart from the code that wrote it. */
export function dequantise({ codes, scales, zeroPoints }: Quantised, rows: number, columns: number, { bits, zeroPoints: own }: QuantiseMethod): Float64Array {
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
