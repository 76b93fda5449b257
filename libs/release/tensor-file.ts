import { forEachDuplicateKey } from './json-keys.ts';

/**
 * The safetensors container: 8 bytes of little-endian header length, a JSON header, then the
 * tensors' bytes without gaps. Format: https://github.com/huggingface/safetensors (README, "Format").
 * Only headers are read here, from bytes in memory; tensor-file-layout.ts writes them.
 */

/** Bytes of one element, by the dtype names of safetensors. */
export const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
} as const;

export type TensorDtype = keyof typeof DTYPE_BYTES;

/** Where a tensor lies: `begin` (included) and `end` (excluded) are offsets from the file's start. */
export interface TensorEntry {
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface TensorTable {
  readonly metadata: Readonly<Record<string, string>>;
  /** Offset of the first tensor byte from the file's start. */
  readonly dataOffset: number;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

export type TensorFileReason =
  | 'truncated'
  | 'hostile-header-length'
  | 'malformed-header'
  | 'duplicate-name'
  | 'unknown-dtype'
  | 'malformed-shape'
  | 'size-mismatch'
  | 'offsets-out-of-range'
  | 'offsets-overlap'
  | 'unclaimed-bytes';

export class TensorFileError extends Error {
  override readonly name = 'TensorFileError';
  readonly reason: TensorFileReason;
  /** The tensor at fault; null where the file as a whole is. */
  readonly tensor: string | null;

  constructor(reason: TensorFileReason, tensor: string | null, message: string) {
    super(message);
    this.reason = reason;
    this.tensor = tensor;
  }
}

/** Bytes of the length field in front of the header. */
export const LENGTH_FIELD_BYTES = 8;

/** A header may not be longer: a DeepSeek-V3 in one file would need about 8 MB. */
export const MAX_HEADER_BYTES = 32 * 1024 * 1024;

const WRITE_AGAIN = 'The file is damaged or was not written by a safetensors library: download or export it again.';

/**
 * How many bytes from the file's start decodeTensorHeader needs: length field and header.
 * @param prefix the file's first bytes, at least 8
 * @param fileBytes size of the whole file
 * @throws TensorFileError `truncated` or `hostile-header-length`
 */
export function tensorHeaderEnd(prefix: Uint8Array, fileBytes: number): number {
  if (prefix.byteLength < LENGTH_FIELD_BYTES || fileBytes < LENGTH_FIELD_BYTES) {
    throw new TensorFileError(
      'truncated',
      null,
      `The file has ${fileBytes} bytes, a safetensors file at least ${LENGTH_FIELD_BYTES}. Download it again.`,
    );
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new TensorFileError(
      'hostile-header-length',
      null,
      `The header claims ${length} bytes, more than the limit of ${MAX_HEADER_BYTES}. ${WRITE_AGAIN}`,
    );
  }
  const end = LENGTH_FIELD_BYTES + Number(length);
  if (end > fileBytes) {
    throw new TensorFileError(
      'truncated',
      null,
      `The header ends at byte ${end}, the file at byte ${fileBytes}. Download it again.`,
    );
  }
  return end;
}

/**
 * Reads the header of a safetensors file.
 * @param bytes the file's first bytes, at least tensorHeaderEnd(bytes, fileBytes) of them
 * @param fileBytes size of the whole file; every tensor must lie inside, and together they must fill it
 * @throws TensorFileError with a named reason and the tensor at fault
 */
export function decodeTensorHeader(bytes: Uint8Array, fileBytes: number): TensorTable {
  const dataOffset = tensorHeaderEnd(bytes, fileBytes);
  if (bytes.byteLength < dataOffset) {
    throw new TensorFileError('truncated', null, `The header has ${dataOffset} bytes, only ${bytes.byteLength} were given.`);
  }
  const header = parseHeader(bytes.subarray(LENGTH_FIELD_BYTES, dataOffset));
  const tensors = new Map<string, TensorEntry>();
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') metadata = readMetadata(value);
    else tensors.set(name, readEntry(name, value, dataOffset, fileBytes));
  }
  requireGaplessCover(tensors, dataOffset, fileBytes);
  return { metadata, dataOffset, tensors };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw new TensorFileError('malformed-header', null, `The header is not JSON in UTF-8. ${WRITE_AGAIN}`);
  }
  if (!isRecord(value)) {
    throw new TensorFileError('malformed-header', null, `The header is not a JSON object. ${WRITE_AGAIN}`);
  }
  forEachDuplicateKey(text, (key) => {
    // JSON.parse keeps the last of two equal keys, other readers the first: refuse what is ambiguous.
    throw new TensorFileError('duplicate-name', key, `The header names ${JSON.stringify(key)} twice. ${WRITE_AGAIN}`);
  });
  return value;
}

function readMetadata(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value) || !Object.values(value).every((text) => typeof text === 'string')) {
    throw new TensorFileError('malformed-header', null, `__metadata__ must map text to text. ${WRITE_AGAIN}`);
  }
  return value as Record<string, string>;
}

function readEntry(name: string, value: unknown, dataOffset: number, fileBytes: number): TensorEntry {
  const at = `Tensor ${JSON.stringify(name)}`;
  if (!isRecord(value)) {
    throw new TensorFileError('malformed-header', name, `${at} has no description. ${WRITE_AGAIN}`);
  }
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !isDtype(dtype)) {
    const known = Object.keys(DTYPE_BYTES).join(', ');
    throw new TensorFileError(
      'unknown-dtype',
      name,
      `${at} has the dtype ${JSON.stringify(dtype)}; known are ${known}. Convert the checkpoint to one of them.`,
    );
  }
  const elements = countElements(shape);
  if (!Array.isArray(shape) || elements === null) {
    throw new TensorFileError(
      'malformed-shape',
      name,
      `${at} has the shape ${JSON.stringify(shape)}; it must be a list of non-negative integers. ${WRITE_AGAIN}`,
    );
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new TensorFileError(
      'offsets-out-of-range',
      name,
      `${at} has the data_offsets ${JSON.stringify(offsets)}; they must be two non-negative integers. ${WRITE_AGAIN}`,
    );
  }
  const begin = dataOffset + (offsets[0] as number);
  const end = dataOffset + (offsets[1] as number);
  if (end < begin) {
    throw new TensorFileError('offsets-out-of-range', name, `${at} ends before it begins. ${WRITE_AGAIN}`);
  }
  if (end - begin !== elements * DTYPE_BYTES[dtype]) {
    throw new TensorFileError(
      'size-mismatch',
      name,
      `${at} of shape [${shape.join(', ')}] and dtype ${dtype} needs ${elements * DTYPE_BYTES[dtype]} bytes, ` +
        `its data_offsets span ${end - begin}. ${WRITE_AGAIN}`,
    );
  }
  if (end > fileBytes) {
    throw new TensorFileError(
      'truncated',
      name,
      `${at} ends at byte ${end}, the file at byte ${fileBytes}. The file is cut short: download it again.`,
    );
  }
  return { dtype, shape: shape as readonly number[], begin, end };
}

/** Product of a shape, or null where it is no list of non-negative integers or leaves the exact range. */
export function countElements(shape: unknown): number | null {
  if (!Array.isArray(shape)) return null;
  let elements = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return null;
    elements *= size as number;
    if (elements > Number.MAX_SAFE_INTEGER / 8) return null;
  }
  return elements;
}

function requireGaplessCover(tensors: ReadonlyMap<string, TensorEntry>, dataOffset: number, fileBytes: number): void {
  const inOrder = [...tensors].toSorted(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let reached = dataOffset;
  for (const [name, { begin, end }] of inOrder) {
    const at = `Tensor ${JSON.stringify(name)}`;
    if (begin < reached) {
      throw new TensorFileError(
        'offsets-overlap',
        name,
        `${at} begins at byte ${begin}, inside the tensor that ends at byte ${reached}. ${WRITE_AGAIN}`,
      );
    }
    if (begin > reached) {
      throw new TensorFileError(
        'unclaimed-bytes',
        name,
        `Bytes ${reached} to ${begin}, in front of tensor ${JSON.stringify(name)}, belong to no tensor. ${WRITE_AGAIN}`,
      );
    }
    reached = end;
  }
  if (reached !== fileBytes) {
    throw new TensorFileError(
      'unclaimed-bytes',
      null,
      `Bytes ${reached} to ${fileBytes}, at the file's end, belong to no tensor. ${WRITE_AGAIN}`,
    );
  }
}

function isDtype(name: string): name is TensorDtype {
  return Object.hasOwn(DTYPE_BYTES, name);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
