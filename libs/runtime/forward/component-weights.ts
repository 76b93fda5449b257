import { open } from 'node:fs/promises';
import { type ComponentName, type Sha256 } from '#libs/release/component';
import { codeBitsOf, quantisedShapes, scalesName, zeroPointsName } from '#libs/release/quantised-tensor';
import { decodeTensorHeader, LENGTH_FIELD_BYTES, type TensorEntry, tensorHeaderEnd } from '#libs/release/tensor-file';
import { type Matrix, type WeightSlice } from '../onnx/graph-builder.ts';

/** A release cannot be loaded; the message names the component and the remedy. */
export class ReleaseLoadError extends Error {
  override readonly name = 'ReleaseLoadError';
  readonly component: ComponentName;

  constructor(component: ComponentName, message: string, cause?: unknown) {
    super(`component ${component}: ${message}`, { cause });
    this.component = component;
  }
}

/** A weight component on disk, its header read. */
export interface ComponentWeights {
  readonly name: ComponentName;
  readonly path: string;
  /** How graphs name it: the digest of its version. */
  readonly location: Sha256;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/** @throws ReleaseLoadError */
export async function readComponentWeights(name: ComponentName, sha256: Sha256, path: string): Promise<ComponentWeights> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const prefix = await readExactly(file, 0, Math.min(LENGTH_FIELD_BYTES, size));
    const header = await readExactly(file, 0, tensorHeaderEnd(prefix, size));
    const { tensors } = decodeTensorHeader(header, size);
    return { name, path, location: sha256, tensors };
  } catch (error) {
    throw new ReleaseLoadError(name, `its file ${path} cannot be read; import the checkpoint again`, error);
  }
}

/**
 * Finds one tensor of a component and checks its shape against the manifest's.
 * @throws ReleaseLoadError
 */
export function weightSlice(component: ComponentWeights, tensor: string, shape: readonly number[]): WeightSlice {
  const entry = component.tensors.get(tensor);
  if (!entry) throw new ReleaseLoadError(component.name, `it lacks the tensor ${tensor}; import the checkpoint again`);
  if (entry.shape.length !== shape.length || entry.shape.some((size, axis) => size !== shape[axis])) {
    throw new ReleaseLoadError(
      component.name,
      `tensor ${tensor} is [${entry.shape.join(', ')}], the manifest's shape asks for [${shape.join(', ')}]; correct the manifest`,
    );
  }
  const { dtype } = entry;
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16') {
    throw new ReleaseLoadError(component.name, `tensor ${tensor} is ${dtype}; only F32, F16 and BF16 weights can run`);
  }
  return { type: dtype, shape, location: component.location, offsetBytes: entry.begin, sizeBytes: entry.end - entry.begin };
}

/**
 * Finds a matrix [out, in], held as floating-point numbers or as whole ones.
 * @throws ReleaseLoadError
 */
export function matrix(component: ComponentWeights, name: string, shape: readonly [out: number, inputs: number]): Matrix {
  const entry = component.tensors.get(name);
  const bits = entry && codeBitsOf(entry);
  if (!bits) return weightSlice(component, name, shape);
  const shapes = quantisedShapes(shape, bits);
  const bytes = (tensor: string, wanted: readonly number[]) => ({ ...placeOf(component, tensor, wanted, 'U8'), type: 'U8' as const });
  return {
    bits,
    shape,
    codes: bytes(name, shapes.codes),
    scales: { ...placeOf(component, scalesName(name), shapes.scales, 'F32'), type: 'F32' },
    zeroPoints: component.tensors.has(zeroPointsName(name)) ? bytes(zeroPointsName(name), shapes.zeroPoints) : null,
  };
}

function placeOf(component: ComponentWeights, tensor: string, shape: readonly number[], dtype: 'U8' | 'F32'): Omit<WeightSlice, 'type'> {
  const entry = component.tensors.get(tensor);
  if (entry?.dtype !== dtype || entry.shape.length !== shape.length || entry.shape.some((size, axis) => size !== shape[axis])) {
    const found = entry ? `${entry.dtype} [${entry.shape.join(', ')}]` : 'missing';
    throw new ReleaseLoadError(component.name, `tensor ${tensor} is ${found}, it must be ${dtype} [${shape.join(', ')}]; quantise the component again`);
  }
  return { shape, location: component.location, offsetBytes: entry.begin, sizeBytes: entry.end - entry.begin };
}

/** The bytes of one tensor. */
export async function readTensor(component: ComponentWeights, slice: WeightSlice): Promise<Uint8Array> {
  await using file = await open(component.path, 'r');
  return readExactly(file, slice.offsetBytes, slice.sizeBytes);
}

type FileHandle = Awaited<ReturnType<typeof open>>;

async function readExactly(file: FileHandle, position: number, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let done = 0;
  while (done < size) {
    const { bytesRead } = await file.read(bytes, done, size - done, position + done);
    if (bytesRead === 0) throw new RangeError(`the file ends at byte ${position + done}, ${position + size} expected`);
    done += bytesRead;
  }
  return bytes;
}
