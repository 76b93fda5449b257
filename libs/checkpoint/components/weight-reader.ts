/// <reference lib="esnext.float16" />
import { type FileHandle } from 'node:fs/promises';
import { type TensorEntry } from '#libs/release/tensor-file';
import { type WeightDtype } from '../finite-scan.ts';
import { readFully } from './component-file.ts';

/** Elements in memory at a time, at most. */
export const CHUNK_ELEMENTS = 256 * 1024;

/** A tensor of floating-point weights in an open file. */
export interface WeightSource {
  readonly file: FileHandle;
  readonly entry: TensorEntry;
}

/** Reads elements of a tensor, widened; each result is valid until the next is asked for. @returns for a count of CHUNK_ELEMENTS at most */
export function chunkReader({ file, entry }: WeightSource): (first: number, count: number) => Promise<ArrayLike<number>> {
  const dtype = entry.dtype as WeightDtype;
  const size = dtype === 'F32' ? 4 : 2;
  const buffer = new ArrayBuffer(CHUNK_ELEMENTS * size);
  const wide = dtype === 'BF16' ? new Float32Array(CHUNK_ELEMENTS) : null;
  return async (first, count) => {
    await readFully(file, new Uint8Array(buffer, 0, count * size), entry.begin + first * size);
    if (dtype === 'F32') return new Float32Array(buffer, 0, count);
    if (wide === null) return new Float16Array(buffer, 0, count);
    // bfloat16 is the upper half of an fp32.
    const halves = new Uint16Array(buffer, 0, count);
    const bits = new Uint32Array(wide.buffer);
    for (let at = 0; at < count; at += 1) bits[at] = halves[at]! << 16;
    return wide;
  };
}
