import { type CachedSequence } from './kv-cache.ts';

/** Sizes that place a token's projections: [queries | keys | values] side by side in one row. */
export interface HeadLayout {
  readonly attentionHeads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
}

export interface RotaryTables {
  /** cos and sin of each position's angles, [contextTokens][headSize / 2]. */
  readonly cosine: Float32Array;
  readonly sine: Float32Array;
}

/**
 * Tables of rotary position embedding (Su et al. 2021): cos and sin of position * theta^(-2j /
 * headSize).
 */
export function rotaryTables(contextTokens: number, headSize: number, theta: number): RotaryTables {
  const half = headSize / 2;
  const cosine = new Float32Array(contextTokens * half);
  const sine = new Float32Array(contextTokens * half);
  for (let position = 0; position < contextTokens; position++) {
    for (let pair = 0; pair < half; pair++) {
      const angle = position * theta ** ((-2 * pair) / headSize);
      cosine[position * half + pair] = Math.cos(angle);
      sine[position * half + pair] = Math.sin(angle);
    }
  }
  return { cosine, sine };
}

/**
 * Takes one sequence's projected rows apart, `tokens` of them from `row` on: rotated keys and the
 * values go to its cache at the positions after its length, rotated queries divided by sqrt(headSize)
 * (so that the product with a key is the score) to `queries`, laid out [attentionHeads][tokens][headSize]
 * from queryOffset on.
 */
export function spreadProjected(
  projected: Float32Array,
  row: number,
  tokens: number,
  sequence: CachedSequence,
  layer: number,
  layout: HeadLayout,
  rotary: RotaryTables,
  queries: Float32Array,
  queryOffset: number,
): void {
  const { attentionHeads, keyValueHeads, headSize } = layout;
  const { slab, slot, length } = sequence;
  const { capacity } = slab!;
  const keys = slab!.keys[layer]!;
  const values = slab!.values[layer]!;
  const width = (attentionHeads + 2 * keyValueHeads) * headSize;
  const queryScale = 1 / Math.sqrt(headSize);
  for (let token = 0; token < tokens; token++) {
    const position = length + token;
    let from = (row + token) * width;
    for (let head = 0; head < attentionHeads; head++, from += headSize) {
      rotate(projected, from, queries, queryOffset + (head * tokens + token) * headSize, headSize, rotary, position, queryScale);
    }
    for (let head = 0; head < keyValueHeads; head++, from += headSize) {
      rotate(projected, from, keys, ((slot * keyValueHeads + head) * capacity + position) * headSize, headSize, rotary, position, 1);
    }
    for (let head = 0; head < keyValueHeads; head++, from += headSize) {
      const to = ((slot * keyValueHeads + head) * capacity + position) * headSize;
      for (let column = 0; column < headSize; column++) values[to + column] = projected[from + column]!;
    }
  }
}

/** Rotates one head, whose pairs are (j, j + headSize / 2), by its position's angles, and scales it. */
function rotate(
  source: Float32Array,
  from: number,
  target: Float32Array,
  to: number,
  headSize: number,
  { cosine, sine }: RotaryTables,
  position: number,
  scale: number,
): void {
  const half = headSize >> 1;
  const angles = position * half;
  for (let pair = 0; pair < half; pair++) {
    const first = source[from + pair]!;
    const second = source[from + half + pair]!;
    const cos = cosine[angles + pair]!;
    const sin = sine[angles + pair]!;
    target[to + pair] = (first * cos - second * sin) * scale;
    target[to + half + pair] = (second * cos + first * sin) * scale;
  }
}

/**
 * What each query row of a group may look at, 0 or -Infinity: every position up to its own, at most
 * windowTokens of them. One token each: [sequences][capacity], the same row for all heads. Several
 * tokens of one sequence: [headsPerKey * tokens][capacity].
 */
export function attentionMask(
  lengths: readonly number[],
  tokens: number,
  capacity: number,
  headsPerKey: number,
  windowTokens: number | null,
): Float32Array {
  const rows = tokens === 1 ? lengths.length : headsPerKey * tokens;
  const mask = new Float32Array(rows * capacity).fill(-Infinity);
  for (let row = 0; row < rows; row++) {
    const position = tokens === 1 ? lengths[row]! : lengths[0]! + (row % tokens);
    const first = windowTokens === null ? 0 : Math.max(0, position + 1 - windowTokens);
    mask.fill(0, row * capacity + first, row * capacity + position + 1);
  }
  return mask;
}
