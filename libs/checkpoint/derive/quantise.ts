import { open } from 'node:fs/promises';
import { type ComponentKind, type Sha256 } from '#libs/release/component';
import { BITS, BLOCK_WEIGHTS, codeBitsOf, isQuantisable, type Precision, quantisedShapes, scalesName, zeroPointsName } from '#libs/release/quantised-tensor';
import { type TensorEntry } from '#libs/release/tensor-file';
import { encodeTensorHeader, type TensorSpec } from '#libs/release/tensor-file-layout';
import { readFully, readTensorTable } from '../components/component-file.ts';
import { CHUNK_ELEMENTS, chunkReader, type WeightSource } from '../components/weight-reader.ts';
import { isWeightDtype } from '../finite-scan.ts';
import { type BlockScales, blockScales, packCodes, packZeroPoints, type QuantiseMethod } from './block-codes.ts';
import { DeriveError } from './derive-error.ts';

/** What measured best for its cost (docs/precision.md). */
export const METHODS: Readonly<Record<Precision, QuantiseMethod>> = {
  int8: { bits: BITS.int8, zeroPoints: false },
  int4: { bits: BITS.int4, zeroPoints: true },
};

/** Names what made a version; raise the number whenever the same input would give other bytes. */
export function methodName({ bits, zeroPoints }: QuantiseMethod): string {
  return `block-${BLOCK_WEIGHTS}-int${bits}-${zeroPoints ? 'zero-points' : 'symmetric'}/1`;
}

interface QuantiseSource {
  /** Component file of floating-point weights. */
  readonly path: string;
  readonly sha256: Sha256;
  readonly kind: ComponentKind;
}

/**
 * A component's file with its matrices as whole numbers and the rest as it was. The same source and method give
 * the same bytes. Reads in chunks; of what it makes only the scales, an eighth of a byte for each weight, are held.
 * @throws DeriveError where it is quantised already or has nothing to quantise; the signal's reason when aborted
 */
export async function quantisedContent({ path, sha256, kind }: QuantiseSource, method: QuantiseMethod, signal?: AbortSignal): Promise<AsyncGenerator<Uint8Array>> {
  const { tensors } = await readTensorTable(path);
  const chosen = new Map([...tensors].filter(([name]) => isQuantisable(kind, name)));
  if (chosen.size === 0) throw new DeriveError('not-quantisable', `A ${kind} has no matrix that could be quantised; choose experts or the backbone.`);
  if ([...chosen.values()].some((entry) => codeBitsOf(entry) !== null)) throw new DeriveError('already-quantised', 'It is quantised already; begin with the version that it was made from.');
  const misfit = [...chosen].find(([, { dtype, shape }]) => !isWeightDtype(dtype) || shape.length !== 2);
  if (misfit) throw new DeriveError('not-quantisable', `The tensor ${misfit[0]} is ${misfit[1].dtype} [${misfit[1].shape.join(', ')}]; only matrices of F16, BF16 or F32 can be quantised.`);
  const parts = new Map<string, Part>();
  for (const [name, entry] of tensors) {
    if (!chosen.has(name)) parts.set(name, { kind: 'copy', entry, matrix: name });
    else for (const [part, spec] of matrixParts(name, entry, method)) parts.set(part, spec);
  }
  const specs: TensorSpec[] = [...parts].map(([name, { entry }]) => ({ name, dtype: entry.dtype, shape: entry.shape }));
  const { bytes, table } = encodeTensorHeader(specs, { format: 'signalbox.quantised/1', method: methodName(method), quantised_from: sha256 });
  const order = [...table.tensors.keys()].flatMap((name) => parts.get(name) ?? []);
  return fileContent(path, bytes, order, tensors, method, signal);
}

/** One tensor of the new file: copied, or a part of what a matrix becomes. */
interface Part {
  readonly kind: 'copy' | 'codes' | 'scales' | 'zero-points';
  readonly entry: Pick<TensorEntry, 'dtype' | 'shape'>;
  readonly matrix: string;
}

function matrixParts(matrix: string, { shape }: TensorEntry, method: QuantiseMethod): [string, Part][] {
  const shapes = quantisedShapes(shape as readonly [number, number], method.bits);
  const parts: [string, Part][] = [
    [matrix, { kind: 'codes', matrix, entry: { dtype: 'U8', shape: shapes.codes } }],
    [scalesName(matrix), { kind: 'scales', matrix, entry: { dtype: 'F32', shape: shapes.scales } }],
  ];
  if (method.zeroPoints) parts.push([zeroPointsName(matrix), { kind: 'zero-points', matrix, entry: { dtype: 'U8', shape: shapes.zeroPoints } }]);
  return parts;
}

async function* fileContent(path: string, header: Uint8Array, order: readonly Part[], tensors: ReadonlyMap<string, TensorEntry>, method: QuantiseMethod, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  yield header;
  await using file = await open(path, 'r');
  const found = new Map<string, BlockScales>();
  for (const { kind, matrix } of order) {
    const source = { file, entry: tensors.get(matrix)! };
    if (kind === 'copy') {
      yield* copied(source, signal);
      continue;
    }
    const { shape } = source.entry;
    // Scales lie before codes, as their elements are wider, so they are there when the codes are asked for.
    const scales = found.get(matrix) ?? (await scalesOf(source, method, signal));
    found.set(matrix, scales);
    if (kind === 'scales') yield new Uint8Array(scales.scales.buffer);
    else if (kind === 'zero-points') yield packZeroPoints(scales.zeroPoints, shape[0]!, method.bits);
    else yield* codesOf(source, scales, method, signal);
  }
}

async function* copied({ file, entry }: WeightSource, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(CHUNK_ELEMENTS);
  for (let at = entry.begin; at < entry.end; at += buffer.length) {
    signal?.throwIfAborted();
    const chunk = buffer.subarray(0, Math.min(buffer.length, entry.end - at));
    await readFully(file, chunk, at);
    yield chunk;
  }
}

/** Whole rows at a time: [first row, rows], as many as a chunk holds. */
function* rowChunks({ shape }: TensorEntry): Generator<readonly [number, number]> {
  const [rows, columns] = shape as readonly [number, number];
  if (columns > CHUNK_ELEMENTS) throw new DeriveError('not-quantisable', `A matrix may have ${CHUNK_ELEMENTS} inputs at most, this one has ${columns}.`);
  const step = Math.floor(CHUNK_ELEMENTS / Math.max(1, columns));
  for (let row = 0; row < rows; row += step) yield [row, Math.min(step, rows - row)];
}

async function scalesOf(source: WeightSource, method: QuantiseMethod, signal: AbortSignal | undefined): Promise<BlockScales> {
  const [rows, columns] = source.entry.shape as readonly [number, number];
  const blocks = Math.ceil(columns / BLOCK_WEIGHTS);
  const all: BlockScales = { scales: new Float32Array(rows * blocks), zeroPoints: new Uint8Array(rows * blocks) };
  const read = chunkReader(source);
  for (const [first, count] of rowChunks(source.entry)) {
    signal?.throwIfAborted();
    const some = blockScales(await read(first * columns, count * columns), count, columns, method);
    all.scales.set(some.scales, first * blocks);
    all.zeroPoints.set(some.zeroPoints, first * blocks);
  }
  return all;
}

async function* codesOf(source: WeightSource, { scales, zeroPoints }: BlockScales, { bits }: QuantiseMethod, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const columns = source.entry.shape[1]!;
  const blocks = Math.ceil(columns / BLOCK_WEIGHTS);
  const read = chunkReader(source);
  for (const [first, count] of rowChunks(source.entry)) {
    signal?.throwIfAborted();
    const part = { scales: scales.subarray(first * blocks, (first + count) * blocks), zeroPoints: zeroPoints.subarray(first * blocks, (first + count) * blocks) };
    yield packCodes(await read(first * columns, count * columns), count, columns, part, bits);
  }
}
