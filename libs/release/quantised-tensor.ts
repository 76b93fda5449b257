import { type ComponentKind, TENSORS } from './component.ts';
import { type TensorEntry } from './tensor-file.ts';

/**
 * How a component file holds a matrix [out, in] as whole numbers: in blocks of 32 along its inputs, each with
 * a scale. Laid out as com.microsoft.MatMulNBits takes it (ONNX Runtime, ContribOperators.md), so that the
 * engine reads it as it lies:
 *   <name>              U8  [out, blocks, 32 x bits / 8]   codes; of four bits the even one in the low half
 *   <name>.scales       F32 [out, blocks]
 *   <name>.zero_points  U8  [out, ceil(blocks x bits / 8)] left out: 2^(bits - 1) everywhere
 * A weight is (code - zero point) x scale. A last block that is not full is filled up.
 */
export const BLOCK_WEIGHTS = 32;

export type Precision = 'int8' | 'int4';
export type CodeBits = 4 | 8;

export const BITS: Readonly<Record<Precision, CodeBits>> = { int8: 8, int4: 4 };

const SCALES = '.scales';
const ZERO_POINTS = '.zero_points';

export function scalesName(matrix: string): string {
  return `${matrix}${SCALES}`;
}

export function zeroPointsName(matrix: string): string {
  return `${matrix}${ZERO_POINTS}`;
}

export interface QuantisedShapes {
  readonly codes: readonly [out: number, blocks: number, bytes: number];
  readonly scales: readonly [out: number, blocks: number];
  readonly zeroPoints: readonly [out: number, bytes: number];
}

/** @param shape [out, in] of the matrix that is held */
export function quantisedShapes([out, inputs]: readonly [number, number], bits: CodeBits): QuantisedShapes {
  const blocks = Math.ceil(inputs / BLOCK_WEIGHTS);
  return { codes: [out, blocks, (BLOCK_WEIGHTS * bits) / 8], scales: [out, blocks], zeroPoints: [out, Math.ceil((blocks * bits) / 8)] };
}

/** Bits of a code, by the shape of the codes; null where the tensor holds no codes. */
export function codeBitsOf({ dtype, shape }: Pick<TensorEntry, 'dtype' | 'shape'>): CodeBits | null {
  if (dtype !== 'U8' || shape.length !== 3) return null;
  const bits = ((shape[2] ?? 0) * 8) / BLOCK_WEIGHTS;
  return bits === 4 || bits === 8 ? bits : null;
}

const LAYER_MATRIX = /^layers\.\d+\.[qkvo]_proj$/;

/**
 * Whether a tensor may be held as whole numbers: the matrices of experts and attention, and the head. Routers,
 * norms and the embedding stay as they are: they are small or looked up by row, and a router decides.
 */
export function isQuantisable(kind: ComponentKind, tensor: string): boolean {
  if (kind === 'expert') return Object.values<string>(TENSORS.expert).includes(tensor);
  return kind === 'backbone' && (tensor === TENSORS.backbone.head || LAYER_MATRIX.test(tensor));
}

/** Bytes that a tensor takes in the engine: codes as they are, every other number as fp32. */
export function bytesInMemory({ dtype, shape }: Pick<TensorEntry, 'dtype' | 'shape'>): number {
  const elements = shape.reduce((product, size) => product * size, 1);
  return dtype === 'U8' ? elements : elements * Float32Array.BYTES_PER_ELEMENT;
}
