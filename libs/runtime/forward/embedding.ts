/** Rows of the token embedding, kept as the checkpoint stores them and widened to fp32 when read. */
export interface EmbeddingTable {
  readonly sizeBytes: number;
  /** Writes the rows of `tokens` to target, the first at row `row`. */
  gather(tokens: Uint32Array, target: Float32Array, row: number): void;
}

/**
 * @param bytes [vocabSize][hiddenSize] little-endian values, aligned to their size
 */
export function embeddingTable(bytes: Uint8Array, type: 'F32' | 'F16' | 'BF16', hiddenSize: number): EmbeddingTable {
  const sizeBytes = bytes.byteLength;
  if (type === 'F32') {
    const table = new Float32Array(bytes.buffer, bytes.byteOffset, sizeBytes / 4);
    const gather: EmbeddingTable['gather'] = (tokens, target, row) => {
      for (const [at, token] of tokens.entries()) {
        target.set(table.subarray(token * hiddenSize, (token + 1) * hiddenSize), (row + at) * hiddenSize);
      }
    };
    return { sizeBytes, gather };
  }
  const table = new Uint16Array(bytes.buffer, bytes.byteOffset, sizeBytes / 2);
  const widen = type === 'F16' ? halfValues() : brainValues();
  const gather: EmbeddingTable['gather'] = (tokens, target, row) => {
    for (const [at, token] of tokens.entries()) {
      const from = token * hiddenSize;
      const to = (row + at) * hiddenSize;
      for (let column = 0; column < hiddenSize; column++) target[to + column] = widen[table[from + column]!]!;
    }
  };
  return { sizeBytes, gather };
}

/** The fp32 value of each of the 65,536 IEEE 754 binary16 patterns. */
function halfValues(): Float32Array {
  const values = new Float32Array(65_536);
  for (let bits = 0; bits < values.length; bits++) {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const magnitude =
      exponent === 0 ? fraction * 2 ** -24 : exponent === 31 ? (fraction === 0 ? Infinity : NaN) : (1 + fraction / 1024) * 2 ** (exponent - 15);
    values[bits] = bits & 0x8000 ? -magnitude : magnitude;
  }
  return values;
}

/** The fp32 value of each bfloat16 pattern: its bits are the upper half. */
function brainValues(): Float32Array {
  return new Float32Array(Uint32Array.from({ length: 65_536 }, (_, bits) => bits << 16).buffer);
}
