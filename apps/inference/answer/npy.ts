const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0] as const;
const ALIGNMENT_BYTES = 64;
const PREAMBLE_BYTES = MAGIC.length + 2;

/**
 * Bytes of a .npy file (NumPy format 1.0, C order, little endian) of unsigned integers.
 * @param values the array, flat, last axis fastest; each must fit `dtype`
 * @param shape its axes; their product is values.length
 */
export function encodeNpy(values: Uint16Array, shape: readonly number[], dtype: 'uint8' | 'uint16'): Uint8Array {
  const size = shape.reduce((product, axis) => product * axis, 1);
  if (size !== values.length) throw new RangeError(`shape (${shape.join(', ')}) holds ${size} values, got ${values.length}`);
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const description = `{'descr': '${dtype === 'uint8' ? '|u1' : '<u2'}', 'fortran_order': False, 'shape': (${axes}), }`;
  // The header ends with a newline and is padded so that the data begins at a multiple of 64 bytes.
  const unpadded = PREAMBLE_BYTES + description.length + 1;
  const dataStart = Math.ceil(unpadded / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const itemBytes = dtype === 'uint8' ? 1 : 2;
  const bytes = new Uint8Array(dataStart + values.length * itemBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint16(MAGIC.length, dataStart - PREAMBLE_BYTES, true);
  bytes.fill(0x20, PREAMBLE_BYTES, dataStart);
  bytes.set(new TextEncoder().encode(description), PREAMBLE_BYTES);
  bytes[dataStart - 1] = 0x0a;
  if (dtype === 'uint8') bytes.set(values, dataStart);
  else for (let i = 0; i < values.length; i++) view.setUint16(dataStart + 2 * i, values[i] ?? 0, true);
  return bytes;
}
