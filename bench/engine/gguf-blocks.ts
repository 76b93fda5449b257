/** How GGUF holds a tensor's values. */
export type GgufType = 'f32' | 'q8_0' | 'q4_0';

const BLOCK_VALUES = 32;
const HALF_BYTES = 2;

/** Numbers of ggml's types, and bytes of a block of 32 values. */
export const GGUF_TYPES: Readonly<Record<GgufType, { readonly number: number; readonly blockBytes: number }>> = {
  f32: { number: 0, blockBytes: BLOCK_VALUES * 4 },
  q4_0: { number: 2, blockBytes: HALF_BYTES + BLOCK_VALUES / 2 },
  q8_0: { number: 8, blockBytes: HALF_BYTES + BLOCK_VALUES },
};

export function ggufBytes(values: number, type: GgufType): number {
  return (values / BLOCK_VALUES) * GGUF_TYPES[type].blockBytes;
}

/**
 * Values as ggml stores them, in blocks of 32 with a half-precision scale d:
 * q8_0: d = max|x| / 127, codes round(x / d).
 * q4_0: d = m / -8 where m is the value of largest magnitude, codes x / d + 8 in 0 to 15, two to a
 * byte: value j in the low half of byte j, value j + 16 in the high one.
 */
export function encodeGgufValues(values: Float32Array, type: GgufType): Uint8Array {
  if (type === 'f32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const { blockBytes } = GGUF_TYPES[type];
  const out = new Uint8Array(ggufBytes(values.length, type));
  const half = new Float16Array(1);
  const halfBytes = new Uint8Array(half.buffer);
  for (let block = 0; block * BLOCK_VALUES < values.length; block++) {
    const first = block * BLOCK_VALUES;
    const to = block * blockBytes;
    const scale = type === 'q8_0' ? Math.abs(largestOf(values, first)) / 127 : largestOf(values, first) / -8;
    const inverse = scale === 0 ? 0 : 1 / scale;
    half[0] = scale;
    out[to] = halfBytes[0]!;
    out[to + 1] = halfBytes[1]!;
    const codes = to + HALF_BYTES;
    if (type === 'q8_0') for (let at = 0; at < BLOCK_VALUES; at++) out[codes + at] = Math.round(values[first + at]! * inverse);
    else {
      const code = (at: number) => Math.min(15, Math.trunc(values[first + at]! * inverse + 8.5));
      for (let at = 0; at < BLOCK_VALUES / 2; at++) out[codes + at] = code(at) | (code(at + BLOCK_VALUES / 2) << 4);
    }
  }
  return out;
}

function largestOf(values: Float32Array, first: number): number {
  let largest = 0;
  for (let at = first; at < first + BLOCK_VALUES; at++) if (Math.abs(values[at]!) > Math.abs(largest)) largest = values[at]!;
  return largest;
}
