import { type ExpertMask, isMasked } from '#libs/moe/expert-mask';
import { selectExperts } from '#libs/moe/gating';
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

/** Why experts of a layer cannot serve a sequence. */
export interface Barred {
  /** By rule; null for none. */
  readonly mask: ExpertMask | null;
  /** Quarantined or out of service; null for none. */
  readonly unavailable: ExpertMask | null;
  /** By layer, the one expert that may serve, as the request takes the generalist path; null where it does not. */
  readonly generalists: readonly number[] | null;
}

/** Whether nothing bars any expert. */
export function isOpen({ mask, unavailable, generalists }: Barred): boolean {
  return mask === null && unavailable === null && generalists === null;
}

function isBarred({ mask, unavailable, generalists }: Barred, layer: number, expert: number): boolean {
  if ((mask !== null && isMasked(mask, layer, expert)) || (unavailable !== null && isMasked(unavailable, layer, expert))) return true;
  const generalist = generalists?.[layer];
  // One that cannot serve bars nobody else.
  return generalist !== undefined && expert !== generalist && !isBarred({ mask, unavailable, generalists: null }, layer, generalist);
}

/** Whether a layer is left without an expert for a sequence. */
export function isExhausted(barred: Barred, layers: number, experts: number): boolean {
  if (barred.unavailable === null) return false;
  for (let layer = 0; layer < layers; layer++) {
    let left = experts;
    for (let expert = 0; expert < experts; expert++) if (isBarred(barred, layer, expert)) left -= 1;
    if (left === 0) return true;
  }
  return false;
}

/** What is added to a layer's router logits, [rows][experts]: NEVER for experts that must not serve. */
export function groupBias(barred: readonly Barred[], tokens: number, layer: number, experts: number): Float32Array {
  const bias = new Float32Array(barred.length * tokens * experts);
  for (const [at, one] of barred.entries()) {
    if (isOpen(one)) continue;
    for (let expert = 0; expert < experts; expert++) {
      if (!isBarred(one, layer, expert)) continue;
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
 * Marks what barred experts changed in one layer: `logits` are the router's, unbiased. A barred expert
 * that fills a rank, because too few are left, served with gate 0: the rank is unused.
 */
export function markBarred(
  barred: readonly Barred[],
  tokens: number,
  layer: number,
  logits: Float32Array,
  { layers, experts, topK }: { readonly layers: number; readonly experts: number; readonly topK: number },
  { expertIds, gates, flags }: { readonly expertIds: Uint16Array; readonly gates: Float32Array; readonly flags: Uint8Array },
): void {
  const plain = { expertIds: new Uint16Array(topK * tokens), gates: new Float32Array(topK * tokens), offset: 0, rowStride: topK };
  const settings = { experts, topK, normalise: true };
  for (const [at, one] of barred.entries()) {
    if (isOpen(one)) continue;
    const { mask, unavailable, generalists } = one;
    const row = at * tokens;
    const marks = { marks: flags, offset: row * layers + layer, rowStride: layers };
    if (mask === null) selectExperts(logits, row * experts, tokens, settings, plain);
    else selectUnmasked(logits, row * experts, tokens, settings, mask, layer, plain, marks, DECISION_FLAGS);
    const generalist = generalists?.[layer];
    const isGeneralist = generalist !== undefined && !isBarred({ mask, unavailable, generalists: null }, layer, generalist);
    for (let token = 0; token < tokens; token++) {
      const decision = (row + token) * layers + layer;
      const hit = unavailable !== null && plain.expertIds.subarray(token * topK, (token + 1) * topK).some((expert) => isMasked(unavailable, layer, expert));
      if (isGeneralist) flags[decision]! |= DECISION_FLAGS.generalist | DECISION_FLAGS.fallback;
      else if (hit) flags[decision]! |= DECISION_FLAGS.unavailable | DECISION_FLAGS.fallback;
      for (let rank = 1; rank < topK; rank++) {
        if (!isBarred(one, layer, expertIds[decision * topK + rank]!)) continue;
        expertIds[decision * topK + rank] = expertIds[decision * topK]!;
        gates[decision * topK + rank] = 0;
      }
    }
  }
}
