/**
 * Bit packing, little-endian: value i occupies bits [i*width, (i+1)*width) of the section, bit 0 of
 * a byte being its lowest. Widths up to 24 keep the accumulator inside 32 bits.
 */
export const MAX_BIT_WIDTH = 24;

/** Bits that hold any of `count` values, at least 1: ceil(log2(count)). */
export function bitWidth(count: number): number {
  return count <= 2 ? 1 : 32 - Math.clz32(count - 1);
}

/** Bytes that hold `count` values of `width` bits, the last byte padded with zeros. */
export function packedBytes(count: number, width: number): number {
  return Math.ceil((count * width) / 8);
}

/** Writes all values at `offset` of `out`; returns the offset after them. Values must fit. */
export function packBits(values: Uint16Array | Uint32Array, width: number, out: Uint8Array, offset: number): number {
  const count = values.length;
  let at = offset;
  let i = 0;
  // Eight values fill `width` whole bytes, so full groups need no carried bits for these widths.
  if (width === 3) {
    for (const end = count - (count % 8); i < end; i += 8) {
      const word =
        values[i]! | (values[i + 1]! << 3) | (values[i + 2]! << 6) | (values[i + 3]! << 9) |
        (values[i + 4]! << 12) | (values[i + 5]! << 15) | (values[i + 6]! << 18) | (values[i + 7]! << 21);
      out[at] = word;
      out[at + 1] = word >>> 8;
      out[at + 2] = word >>> 16;
      at += 3;
    }
  } else if (width === 4) {
    for (const end = count - (count % 2); i < end; i += 2) out[at++] = values[i]! | (values[i + 1]! << 4);
  } else if (width === 8) {
    for (; i < count; i++) out[at++] = values[i]!;
  }
  let pending = 0;
  let pendingBits = 0;
  for (; i < count; i++) {
    pending |= values[i]! << pendingBits;
    pendingBits += width;
    while (pendingBits >= 8) {
      out[at++] = pending;
      pending >>>= 8;
      pendingBits -= 8;
    }
  }
  if (pendingBits > 0) out[at++] = pending;
  return at;
}

/**
 * Reads `into.length` values of `width` bits at `offset`; the caller has checked that the bytes are
 * there. Returns the largest value read, or -1 when the padding of the last byte is not zero.
 */
export function unpackBits(bytes: Uint8Array, offset: number, width: number, into: Uint16Array | Uint32Array): number {
  const count = into.length;
  const mask = 2 ** width - 1;
  let at = offset;
  let i = 0;
  let largest = 0;
  if (width === 3) {
    for (const end = count - (count % 8); i < end; i += 8) {
      const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
      at += 3;
      into[i] = word & 7;
      into[i + 1] = (word >>> 3) & 7;
      into[i + 2] = (word >>> 6) & 7;
      into[i + 3] = (word >>> 9) & 7;
      into[i + 4] = (word >>> 12) & 7;
      into[i + 5] = (word >>> 15) & 7;
      into[i + 6] = (word >>> 18) & 7;
      into[i + 7] = (word >>> 21) & 7;
    }
    for (let j = 0; j < i; j++) if (into[j]! > largest) largest = into[j]!;
  }
  let pending = 0;
  let pendingBits = 0;
  for (; i < count; i++) {
    while (pendingBits < width) {
      pending |= bytes[at++]! << pendingBits;
      pendingBits += 8;
    }
    const value = pending & mask;
    pending >>>= width;
    pendingBits -= width;
    into[i] = value;
    if (value > largest) largest = value;
  }
  return pending === 0 ? largest : -1;
}
