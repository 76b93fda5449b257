import { open } from 'node:fs/promises';
import { type TensorEntry } from '#libs/release/tensor-file';
import { isWeightDtype } from '../finite-scan.ts';
import { readTensorTable } from './component-file.ts';
import { CHUNK_ELEMENTS, chunkReader, type WeightSource } from './weight-reader.ts';

/** How two tensors of one name differ. The measures are null where shapes or dtypes cannot be compared. */
export interface TensorComparison {
  readonly tensor: string;
  readonly a: { readonly dtype: string; readonly shape: readonly number[] } | null;
  readonly b: { readonly dtype: string; readonly shape: readonly number[] } | null;
  /** max |a - b| over the elements, in their unit. */
  readonly maxAbsDifference: number | null;
  /** ||a - b|| / ||a||, Frobenius norms; null also where a is all zeros. */
  readonly relativeNorm: number | null;
  /** <a, b> / (||a|| ||b||), from -1 to 1; null also where either is all zeros. */
  readonly cosine: number | null;
}

/**
 * Compares two weight components tensor by tensor, in order of name. Reads both in chunks: memory is bounded
 * whatever their sizes. Values are widened to fp64 before anything is added up.
 * @param a path of the component taken as the reference
 * @throws TensorFileError where one is no safetensors file; the signal's reason when aborted
 */
export async function compareComponents(a: string, b: string, signal?: AbortSignal): Promise<readonly TensorComparison[]> {
  const [left, right] = [await readTensorTable(a), await readTensorTable(b)];
  await using fileA = await open(a, 'r');
  await using fileB = await open(b, 'r');
  const compared: TensorComparison[] = [];
  for (const tensor of [...new Set([...left.tensors.keys(), ...right.tensors.keys()])].toSorted()) {
    const [one, other] = [left.tensors.get(tensor), right.tensors.get(tensor)];
    const measures = one && other && isComparable(one, other) ? await measure({ file: fileA, entry: one }, { file: fileB, entry: other }, signal) : NO_MEASURES;
    compared.push({ tensor, a: outline(one), b: outline(other), ...measures });
  }
  return compared;
}

type Measures = Pick<TensorComparison, 'maxAbsDifference' | 'relativeNorm' | 'cosine'>;
const NO_MEASURES: Measures = { maxAbsDifference: null, relativeNorm: null, cosine: null };

async function measure(a: WeightSource, b: WeightSource, signal: AbortSignal | undefined): Promise<Measures> {
  const elements = a.entry.shape.reduce((product, size) => product * size, 1);
  const [readA, readB] = [chunkReader(a), chunkReader(b)];
  let [max, squaresA, squaresB, squaresDifference, product] = [0, 0, 0, 0, 0];
  for (let done = 0; done < elements; done += CHUNK_ELEMENTS) {
    signal?.throwIfAborted();
    const count = Math.min(CHUNK_ELEMENTS, elements - done);
    const [x, y] = [await readA(done, count), await readB(done, count)];
    for (let at = 0; at < count; at += 1) {
      const [u, v] = [x[at]!, y[at]!];
      const difference = u - v;
      if (Math.abs(difference) > max) max = Math.abs(difference);
      squaresA += u * u;
      squaresB += v * v;
      squaresDifference += difference * difference;
      product += u * v;
    }
  }
  const norms = Math.sqrt(squaresA) * Math.sqrt(squaresB);
  return {
    maxAbsDifference: max,
    relativeNorm: squaresA > 0 ? Math.sqrt(squaresDifference / squaresA) : null,
    // Rounding may lead a hair beyond 1.
    cosine: norms > 0 ? Math.max(-1, Math.min(1, product / norms)) : null,
  };
}

function isComparable(a: TensorEntry, b: TensorEntry): boolean {
  return isWeightDtype(a.dtype) && isWeightDtype(b.dtype) && a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis]);
}

function outline(entry: TensorEntry | undefined): TensorComparison['a'] {
  return entry ? { dtype: entry.dtype, shape: entry.shape } : null;
}
