import { type TensorDtype } from '#libs/release/tensor-file';

/** Dtypes that weights may have; the scan knows their exponents. */
export type WeightDtype = 'F16' | 'BF16' | 'F32';

/**
 * A value is NaN or infinite where all its exponent bits are set. Adding the exponent's lowest bit to
 * the masked exponent carries into the sign's place just then, so whole words are checked at a time
 * (two halves in one 32-bit word do not disturb each other).
 */
const WORDS: Readonly<Record<WeightDtype, { mask: number; carry: number; sign: number }>> = {
  F16: { mask: 0x7c007c00, carry: 0x04000400, sign: 0x80008000 },
  BF16: { mask: 0x7f807f80, carry: 0x00800080, sign: 0x80008000 },
  F32: { mask: 0x7f800000, carry: 0x00800000, sign: 0x80000000 },
};

export function isWeightDtype(dtype: TensorDtype): dtype is WeightDtype {
  return Object.hasOwn(WORDS, dtype);
}

/**
 * Index of the first NaN or infinity among little-endian values; -1 where all are finite.
 * @param bytes whole elements, starting at a multiple of 4 in its buffer
 */
export function firstNotFinite(bytes: Uint8Array, dtype: WeightDtype): number {
  const { mask, carry, sign } = WORDS[dtype];
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
  let seen = 0;
  // `>>> 0` is left out: only bits matter, and 32-bit arithmetic keeps the loop fast.
  for (let at = 0; at < words.length; at += 1) seen |= ((words[at]! & mask) + carry) | 0;
  const tail = bytes.byteLength & 3;
  if (tail > 0) {
    const half = new DataView(bytes.buffer, bytes.byteOffset + bytes.byteLength - tail).getUint16(0, true);
    seen |= (half & mask & 0xffff) + (carry & 0xffff);
  }
  return (seen & sign) === 0 ? -1 : locate(bytes, dtype);
}

function locate(bytes: Uint8Array, dtype: WeightDtype): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = dtype === 'F32' ? 4 : 2;
  const exponent = dtype === 'F32' ? 0x7f800000 : WORDS[dtype].mask & 0xffff;
  for (let at = 0; at + size <= bytes.byteLength; at += size) {
    const bits = size === 4 ? view.getUint32(at, true) : view.getUint16(at, true);
    if ((bits & exponent) === exponent) return at / size;
  }
  return -1;
}
