import { type ExpertMask, isMasked } from '#libs/moe/expert-mask';
import { selectUnmasked } from '#libs/moe/masked-gating';
import { type ModelShape } from '#libs/release/manifest';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { type RotaryTables } from './attention-rows.ts';
import { type StepItem } from './forward-pass.ts';
import { type AttentionGroup } from './step-plan.ts';

/** Added to a score or a logit that must not count. Infinity is left out: some devices compute as if there were none. */
const NEVER = -1e9;

/** The angles of a group's rows, a row of the tables for each, and which row each token has. */
export function groupAngles({ sequences, tokens }: AttentionGroup, { cosine, sine }: RotaryTables, headSize: number): { positions: BigInt64Array; cosine: Float32Array; sine: Float32Array } {
  const half = headSize / 2;
  const rows = sequences.length * tokens;
  const angles = { positions: new BigInt64Array(rows), cosine: new Float32Array(rows * half), sine: new Float32Array(rows * half) };
  for (const [at, { length }] of sequences.entries()) {
    const from = length * half;
    angles.cosine.set(cosine.subarray(from, from + tokens * half), at * tokens * half);
    angles.sine.set(sine.subarray(from, from + tokens * half), at * tokens * half);
  }
  for (let row = 0; row < rows; row++) angles.positions[row] = BigInt(row);
  return angles;
}

/**
 * What the query rows of a group may look at, 0 or NEVER, over capacity + tokens positions: the cached
 * ones, then the new ones up to its own. One token each: [sequences][seen]. Several tokens of one
 * sequence: [heads per key head * tokens][seen].
 */
export function groupMask({ sequences, tokens, slab }: AttentionGroup, shape: Pick<ModelShape, 'attentionHeads' | 'keyValueHeads' | 'slidingWindowTokens'>): Float32Array {
  const { slidingWindowTokens: window } = shape;
  const { capacity } = slab;
  const seen = capacity + tokens;
  const rows = tokens === 1 ? sequences.length : (shape.attentionHeads / shape.keyValueHeads) * tokens;
  const mask = new Float32Array(rows * seen).fill(NEVER);
  for (let row = 0; row < rows; row++) {
    const length = tokens === 1 ? sequences[row]!.length : sequences[0]!.length;
    const token = row % tokens;
    // Positions before it, of which a window leaves the last ones.
    const first = window === null ? 0 : Math.max(0, length + token + 1 - window);
    mask.fill(0, row * seen + Math.min(first, length), row * seen + length);
    mask.fill(0, row * seen + capacity + Math.max(0, first - length), row * seen + capacity + token + 1);
  }
  return mask;
}

/** What is added to a layer's router logits, [rows][experts]: NEVER for experts that must not serve. */
export function groupBias({ sequences, masks, tokens }: AttentionGroup, layer: number, experts: number): Float32Array {
  const bias = new Float32Array(sequences.length * tokens * experts);
  for (const [at, mask] of (masks ?? []).entries()) {
    if (mask === null) continue;
    for (let expert = 0; expert < experts; expert++) {
      if (!isMasked(mask, layer, expert)) continue;
      for (let token = 0; token < tokens; token++) bias[(at * tokens + token) * experts + expert] = NEVER;
    }
  }
  return bias;
}

/** Rows whose logits are wanted; one that nobody reads where there is none, as a run needs a row. */
export function wantedRows(items: readonly StepItem[], tokens: number): BigInt64Array {
  const rows = items.flatMap(({ logitsFrom }, at) => Array.from({ length: tokens - logitsFrom }, (_, from) => at * tokens + logitsFrom + from));
  return BigInt64Array.from(rows.length === 0 ? [0] : rows, BigInt);
}

/** Writes a layer's new keys and values, [sequences][keyValueHeads][tokens][headSize], to the cache behind what it holds. */
export function storeCache({ sequences, tokens, slab, slot }: AttentionGroup, layer: number, key: Float32Array, value: Float32Array, { keyValueHeads, headSize }: Pick<ModelShape, 'keyValueHeads' | 'headSize'>): void {
  const width = tokens * headSize;
  for (const [at, { length }] of sequences.entries()) {
    for (let head = 0; head < keyValueHeads; head++) {
      const from = (at * keyValueHeads + head) * width;
      const to = (((slot + at) * keyValueHeads + head) * slab.capacity + length) * headSize;
      slab.keys[layer]!.set(key.subarray(from, from + width), to);
      slab.values[layer]!.set(value.subarray(from, from + width), to);
    }
  }
}

/**
 * Marks what masks did in one layer: `logits` are the router's, unbiased. A masked expert that fills a
 * rank, because too few are left, served with gate 0: the rank is unused, as selectUnmasked says it.
 */
export function markMasked(
  { sequences, masks, tokens }: AttentionGroup,
  layer: number,
  logits: Float32Array,
  { layers, experts, topK }: { readonly layers: number; readonly experts: number; readonly topK: number },
  { expertIds, gates, flags }: { readonly expertIds: Uint16Array; readonly gates: Float32Array; readonly flags: Uint8Array },
): void {
  const scratch = { expertIds: new Uint16Array(topK * tokens), gates: new Float32Array(topK * tokens), offset: 0, rowStride: topK };
  for (const [at] of sequences.entries()) {
    const mask = masks?.[at] ?? null;
    if (mask === null) continue;
    const row = at * tokens;
    const marks = { marks: flags, offset: row * layers + layer, rowStride: layers };
    selectUnmasked(logits, row * experts, tokens, { experts, topK, normalise: true }, mask, layer, scratch, marks, DECISION_FLAGS);
    for (let token = 0; token < tokens; token++) unuseMasked(expertIds, gates, ((row + token) * layers + layer) * topK, topK, mask, layer);
  }
}

function unuseMasked(expertIds: Uint16Array, gates: Float32Array, from: number, topK: number, mask: ExpertMask, layer: number): void {
  for (let rank = 1; rank < topK; rank++) {
    if (!isMasked(mask, layer, expertIds[from + rank]!)) continue;
    expertIds[from + rank] = expertIds[from]!;
    gates[from + rank] = 0;
  }
}
