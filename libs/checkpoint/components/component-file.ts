import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { type ComponentKind, type Sha256 } from '#libs/release/component';
import { decodeTensorHeader, DTYPE_BYTES, LENGTH_FIELD_BYTES, TensorFileError, tensorHeaderEnd, type TensorTable } from '#libs/release/tensor-file';
import { firstNotFinite, isWeightDtype } from '../finite-scan.ts';
import { misfitOfKind } from './canonical-tensors.ts';

export type ComponentFileReason = 'digest-differs' | 'malformed-weights' | 'wrong-tensors' | 'not-finite' | 'malformed-tokenizer';

/** The file is no component of its kind, or not the one it claims to be. */
export class ComponentFileError extends Error {
  override readonly name = 'ComponentFileError';
  readonly reason: ComponentFileReason;
  /** null where the file as a whole is at fault. */
  readonly tensor: string | null;

  constructor(reason: ComponentFileReason, tensor: string | null, message: string) {
    super(message);
    this.reason = reason;
    this.tensor = tensor;
  }
}

export interface ComponentClaim {
  readonly sha256: Sha256;
  readonly kind: ComponentKind;
  /** SHA-256 of the file where the caller has just computed it of these very bytes; else it is computed here. */
  readonly computed?: Sha256;
}

/** Read at a time; a multiple of every element size. */
export const FILE_CHUNK_BYTES = 1024 * 1024;
/** As the importer's limit: text, its escapes included. */
const MAX_TOKENIZER_BYTES = 128 * 1024 * 1024;

const tokenizerSchema = z.object({ format: z.literal('signalbox.tokenizer/1'), files: z.object({ 'tokenizer.json': z.string() }) });

/**
 * Reads a file from end to end: its digest must be the claimed one and it must be a sound component of its
 * kind, with finite weights.
 * @throws ComponentFileError; the signal's reason when aborted
 */
export async function verifyComponentFile(path: string, { sha256, kind, computed }: ComponentClaim, signal?: AbortSignal): Promise<void> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const digest = computed ?? (await digestOf(file, size, signal));
  if (digest !== sha256) {
    throw new ComponentFileError('digest-differs', null, `The bytes have the SHA-256 ${digest}, not ${sha256}. They changed on the way, or the digest was taken of another file: upload again.`);
  }
  if (kind === 'tokenizer') await requireTokenizer(file, size);
  else await requireFinite(file, await requireTensors(file, size, kind), signal);
}

/** Header of a safetensors file. @throws TensorFileError */
export async function readTensorTable(path: string): Promise<TensorTable> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  // Awaited, because the file closes on return.
  return await tableOf(file, size);
}

/** Fills `target` from the file. @throws RangeError where the file ends before */
export async function readFully(file: FileHandle, target: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < target.byteLength; ) {
    const { bytesRead } = await file.read(target, done, target.byteLength - done, position + done);
    if (bytesRead === 0) throw new RangeError(`the file ends at byte ${position + done}, ${position + target.byteLength} expected`);
    done += bytesRead;
  }
}

async function digestOf(file: FileHandle, size: number, signal: AbortSignal | undefined): Promise<Sha256> {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(FILE_CHUNK_BYTES);
  for (let done = 0; done < size; done += buffer.byteLength) {
    signal?.throwIfAborted();
    const chunk = buffer.subarray(0, Math.min(buffer.byteLength, size - done));
    await readFully(file, chunk, done);
    hash.update(chunk);
  }
  return hash.digest('hex');
}

async function tableOf(file: FileHandle, size: number): Promise<TensorTable> {
  const prefix = new Uint8Array(Math.min(LENGTH_FIELD_BYTES, size));
  await readFully(file, prefix, 0);
  const header = new Uint8Array(tensorHeaderEnd(prefix, size));
  await readFully(file, header, 0);
  return decodeTensorHeader(header, size);
}

async function requireTensors(file: FileHandle, size: number, kind: Exclude<ComponentKind, 'tokenizer'>): Promise<TensorTable> {
  const table = await tableOf(file, size).catch((error: unknown) => {
    if (error instanceof TensorFileError) throw new ComponentFileError('malformed-weights', error.tensor, error.message);
    throw error;
  });
  const misfit = misfitOfKind(kind, table.tensors);
  if (misfit) throw new ComponentFileError('wrong-tensors', misfit.tensor, misfit.message);
  return table;
}

async function requireFinite(file: FileHandle, { tensors }: TensorTable, signal: AbortSignal | undefined): Promise<void> {
  const buffer = new Uint8Array(FILE_CHUNK_BYTES);
  for (const [name, { dtype, begin, end }] of tensors) {
    if (!isWeightDtype(dtype)) continue;
    for (let at = begin; at < end; at += buffer.byteLength) {
      signal?.throwIfAborted();
      const chunk = buffer.subarray(0, Math.min(buffer.byteLength, end - at));
      await readFully(file, chunk, at);
      const found = firstNotFinite(chunk, dtype);
      if (found < 0) continue;
      const element = (at - begin) / DTYPE_BYTES[dtype] + found;
      throw new ComponentFileError('not-finite', name, `The tensor ${name} holds NaN or infinity at element ${element}. The training or conversion went wrong: export it again.`);
    }
  }
}

async function requireTokenizer(file: FileHandle, size: number): Promise<void> {
  const wrong = (message: string): ComponentFileError => new ComponentFileError('malformed-tokenizer', null, message);
  if (size > MAX_TOKENIZER_BYTES) throw wrong(`A tokenizer may have ${MAX_TOKENIZER_BYTES} bytes at most, this one has ${size}.`);
  const bytes = new Uint8Array(size);
  await readFully(file, bytes, 0);
  const remedy = 'It must be JSON in UTF-8 of the form that docs/registry.md gives; an import makes one.';
  try {
    const parsed = tokenizerSchema.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
    if (parsed.success) return;
  } catch {
    // Told below, like JSON of another form.
  }
  throw wrong(`The file is no tokenizer. ${remedy}`);
}
