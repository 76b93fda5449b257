import { type GgufType } from './gguf-blocks.ts';

/** How both sides hold the matrices of attention, experts and head. */
export type BenchPrecision = 'f32' | 'int8' | 'int4';

/**
 * llama.cpp's form of each, and what a weight takes on our side in memory: int8 has a scale of 4 bytes for 32
 * weights, int4 half a byte of zero point too.
 */
export const PRECISIONS: Readonly<Record<BenchPrecision, { readonly gguf: GgufType; readonly bytesPerWeight: number }>> = {
  f32: { gguf: 'f32', bytesPerWeight: 4 },
  int8: { gguf: 'q8_0', bytesPerWeight: 1 + 4 / 32 },
  int4: { gguf: 'q4_0', bytesPerWeight: 1 / 2 + 4.5 / 32 },
};

export function benchPrecision(text: string): BenchPrecision {
  if (text === 'f32' || text === 'int8' || text === 'int4') return text;
  throw new Error(`--precision is ${text}; it is one of f32, int8 and int4`);
}
