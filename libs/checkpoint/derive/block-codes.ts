import { BLOCK_WEIGHTS, type CodeBits } from '#libs/release/quantised-tensor';

/** `zeroPoints`: each block has one of its own; else it is 2^(bits - 1). */
export interface QuantiseMethod {
  readonly bits: CodeBits;
  readonly zeroPoints: boolean;
}

/** One scale, and where the method has them one zero point, for each block of 32 weights of a row. */
export interface BlockScales {
  readonly scales: Float32Array;
  /** One per block, not yet packed. */
  readonly zeroPoints: Uint8Array;
}

/**
 * Scale and zero point of each block of some rows.
 *
 * With zero points the range [min(x, 0), max(x, 0)] is spread over all 2^bits codes; without, at 8 bits
 * scale = max|x| / 127, and at 4 bits the weight of largest magnitude becomes code 0, so that all 16 codes are
 * used. The scale is rounded to fp32 before anything is coded by it.
 *
 * Bound of the error: half a scale for a weight between the first code and the last, but for the rounding of
 * fp32. A rounded zero point moves the range by half a scale at most, so that with zero points no weight is off by
 * more than one. Without them, at 4 bits, a weight that is as large as the largest but of the other sign is one
 * scale beyond the last code, and no weight is off by more.
 * @param values [rows][columns]
 */
export function blockScales(values: ArrayLike<number>, rows: number, columns: number, method: QuantiseMethod): BlockScales {
  const blocks = Math.ceil(columns / BLOCK_WEIGHTS);
  const scales = new Float32Array(rows * blocks);
  const zeroPoints = new Uint8Array(rows * blocks);
  const block = new Float64Array(BLOCK_WEIGHTS);
  for (let row = 0; row < rows; row += 1) {
    for (let at = 0; at < blocks; at += 1) {
      const first = row * columns + at * BLOCK_WEIGHTS;
      const count = Math.min(BLOCK_WEIGHTS, columns - at * BLOCK_WEIGHTS);
      for (let index = 0; index < count; index += 1) block[index] = values[first + index]!;
      const found = scaleOf(block.subarray(0, count), method);
      scales[row * blocks + at] = found.scale;
      zeroPoints[row * blocks + at] = found.zeroPoint;
    }
  }
  return { scales, zeroPoints };
}

interface Candidate {
  readonly scale: number;
  readonly zeroPoint: number;
}

function scaleOf(block: Float64Array, { bits, zeroPoints }: QuantiseMethod): Candidate {
  let [min, max] = [0, 0];
  for (const value of block) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const middle = 2 ** (bits - 1);
  if (zeroPoints) {
    const scale = Math.fround((max - min) / (2 ** bits - 1));
    return scale === 0 ? { scale: 0, zeroPoint: middle } : { scale, zeroPoint: clamp(Math.round(-min / scale), bits) };
  }
  const largest = -min > max ? min : max;
  // Its own sign turned: the weight of largest magnitude is at code 0, which lies one further out than the last.
  const scale = largest === 0 ? 0 : Math.fround(bits === 4 ? largest / -middle : Math.abs(largest) / (middle - 1));
  return { scale, zeroPoint: middle };
}

function codeOf(value: number, { scale, zeroPoint }: Candidate, bits: CodeBits): number {
  return scale === 0 ? zeroPoint : clamp(Math.round(value / scale) + zeroPoint, bits);
}

function clamp(code: number, bits: CodeBits): number {
  return Math.max(0, Math.min(2 ** bits - 1, code));
}

/** Codes of some rows, packed: [rows][blocks][32 x bits / 8]. @param found of the same values */
export function packCodes(values: ArrayLike<number>, rows: number, columns: number, found: BlockScales, bits: CodeBits): Uint8Array {
  const blocks = Math.ceil(columns / BLOCK_WEIGHTS);
  const bytes = (BLOCK_WEIGHTS * bits) / 8;
  const packed = new Uint8Array(rows * blocks * bytes);
  for (let block = 0; block < rows * blocks; block += 1) {
    const candidate = { scale: found.scales[block]!, zeroPoint: found.zeroPoints[block]! };
    const column = (block % blocks) * BLOCK_WEIGHTS;
    const first = Math.floor(block / blocks) * columns + column;
    for (let index = 0; index < BLOCK_WEIGHTS; index += 1) {
      const code = column + index < columns ? codeOf(values[first + index]!, candidate, bits) : candidate.zeroPoint;
      if (bits === 8) packed[block * bytes + index] = code;
      else packed[block * bytes + (index >> 1)]! |= index % 2 === 0 ? code : code << 4;
    }
  }
  return packed;
}

/** Zero points of some rows, packed: [rows][ceil(blocks x bits / 8)]. */
export function packZeroPoints(zeroPoints: Uint8Array, rows: number, bits: CodeBits): Uint8Array {
  if (bits === 8) return zeroPoints;
  const blocks = zeroPoints.length / rows;
  const bytes = Math.ceil(blocks / 2);
  const packed = new Uint8Array(rows * bytes);
  for (let at = 0; at < zeroPoints.length; at += 1) {
    const [row, block] = [Math.floor(at / blocks), at % blocks];
    packed[row * bytes + (block >> 1)]! |= block % 2 === 0 ? zeroPoints[at]! : zeroPoints[at]! << 4;
  }
  return packed;
}
