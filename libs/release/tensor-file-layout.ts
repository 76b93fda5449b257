import {
  countElements,
  DTYPE_BYTES,
  LENGTH_FIELD_BYTES,
  MAX_HEADER_BYTES,
  TensorFileError,
  type TensorDtype,
  type TensorEntry,
  type TensorTable,
} from './tensor-file.ts';

/** A tensor to be written. */
export interface TensorSpec {
  readonly name: string;
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
}

export interface EncodedTensorHeader {
  /** Length field and header, padded with spaces to a multiple of 8 bytes. */
  readonly bytes: Uint8Array;
  /** Size of the whole file: these bytes and then the tensors, in the order of `table.tensors`. */
  readonly fileBytes: number;
  readonly table: TensorTable;
}

/**
 * Lays tensors out as a safetensors file. Deterministic: the same set of tensors, given in any order,
 * gives the same bytes. Wider elements come first, then names in code-unit order, so every tensor
 * starts at a multiple of its element size.
 * @throws TensorFileError `duplicate-name`, `malformed-shape` or `hostile-header-length`
 */
export function encodeTensorHeader(
  specs: readonly TensorSpec[],
  metadata: Readonly<Record<string, string>> = {},
): EncodedTensorHeader {
  const inOrder = specs.toSorted(
    (a, b) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype] || (a.name < b.name ? -1 : Number(a.name > b.name)),
  );
  const parts: string[] = [];
  const keys = Object.keys(metadata).toSorted();
  if (keys.length > 0) {
    const pairs = keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`);
    parts.push(`"__metadata__":{${pairs.join(',')}}`);
  }
  const relative = new Map<string, TensorEntry>();
  let reached = 0;
  for (const { name, dtype, shape } of inOrder) {
    const elements = countElements(shape);
    if (elements === null) {
      throw new TensorFileError('malformed-shape', name, `Tensor ${JSON.stringify(name)} has the shape [${shape.join(', ')}].`);
    }
    if (relative.has(name) || name === '__metadata__') {
      throw new TensorFileError('duplicate-name', name, `Tensor ${JSON.stringify(name)} is given twice or reserved.`);
    }
    const end = reached + elements * DTYPE_BYTES[dtype];
    relative.set(name, { dtype, shape: [...shape], begin: reached, end });
    parts.push(`${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${reached},${end}]}`);
    reached = end;
  }
  const text = new TextEncoder().encode(`{${parts.join(',')}}`);
  const headerBytes = Math.ceil(text.byteLength / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES) {
    throw new TensorFileError('hostile-header-length', null, `The header would need ${headerBytes} bytes, the limit is ${MAX_HEADER_BYTES}.`);
  }
  const dataOffset = LENGTH_FIELD_BYTES + headerBytes;
  const bytes = new Uint8Array(dataOffset).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(text, LENGTH_FIELD_BYTES);
  const tensors = new Map<string, TensorEntry>();
  for (const [name, entry] of relative) {
    tensors.set(name, { ...entry, begin: entry.begin + dataOffset, end: entry.end + dataOffset });
  }
  return { bytes, fileBytes: dataOffset + reached, table: { metadata: { ...metadata }, dataOffset, tensors } };
}
