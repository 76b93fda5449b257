import { type ExpertMask, isMaskedAt } from './expert-mask.ts';
import { type GatingSettings, RouterLogitsError, type SelectionTarget } from './gating.ts';

/** Bits that mark a decision; what they are is the caller's. */
export interface MaskMarks {
  /** The plain top-k would have chosen a masked expert. */
  readonly masked: number;
  /** Fewer than topK experts were left, so fewer serve. */
  readonly fallback: number;
}

/** Where a layer's marks go: row r's byte is at offset + r * rowStride; marks are or-ed in. */
export interface MarkTarget {
  readonly marks: Uint8Array;
  readonly offset: number;
  readonly rowStride: number;
}

/**
 * What selectExperts does, for rows of one request whose mask leaves k' of `layer`'s experts: masked
 * experts count as if their logit were minus infinity.
 *
 * gate_e = exp(l_e - l_max) / sum, l_max and the sum over the selected experts (normalise) or over all
 * experts that are not masked (else): the softmax of Shazeer et al. (2017) with masked logits of minus
 * infinity, so a masked expert's share goes to the others in proportion to their own.
 *
 * Where k' < topK, only the first k' ranks serve and their gates add up to 1. The other ranks are
 * unused: gate exactly 0 and the expert of rank 0, which is never a masked one.
 * The mask must leave an expert. Allocates nothing.
 * @throws RouterLogitsError
 */
export function selectUnmasked(
  logits: Float32Array,
  logitsOffset: number,
  rows: number,
  settings: GatingSettings,
  mask: ExpertMask,
  layer: number,
  target: SelectionTarget,
  { marks, offset: marksOffset, rowStride: marksStride }: MarkTarget,
  bits: MaskMarks,
): void {
  const { experts, topK, normalise } = settings;
  const { expertIds, gates, offset, rowStride } = target;
  const { words } = mask;
  const wordsFrom = layer * mask.wordsPerLayer;
  for (let row = 0; row < rows; row++) {
    const from = logitsOffset + row * experts;
    const to = offset + row * rowStride;
    let used = 0;
    let best = -1;
    for (let expert = 0; expert < experts; expert++) {
      const logit = logits[from + expert]!;
      if (Number.isNaN(logit)) throw new RouterLogitsError(row);
      if (isMaskedAt(words, wordsFrom, expert)) {
        if (best < 0 || logit > logits[from + best]!) best = expert;
        continue;
      }
      let rank = used;
      while (rank > 0 && logit > gates[to + rank - 1]!) {
        if (rank < topK) {
          gates[to + rank] = gates[to + rank - 1]!;
          expertIds[to + rank] = expertIds[to + rank - 1]!;
        }
        rank--;
      }
      if (rank < topK) {
        gates[to + rank] = logit;
        expertIds[to + rank] = expert;
        if (used < topK) used++;
      }
    }
    if (used === 0) throw new RangeError(`the mask leaves no expert in layer ${layer}`);
    // The gates hold the selected logits until here.
    if (best >= 0 && (used < topK || beats(logits[from + best]!, best, gates[to + topK - 1]!, expertIds[to + topK - 1]!))) {
      marks[marksOffset + row * marksStride]! |= used < topK ? bits.masked | bits.fallback : bits.masked;
    }
    const largest = gates[to]!;
    let sum = 0;
    if (normalise) for (let rank = 0; rank < used; rank++) sum += Math.exp(gates[to + rank]! - largest);
    else for (let expert = 0; expert < experts; expert++) if (!isMaskedAt(words, wordsFrom, expert)) sum += Math.exp(logits[from + expert]! - largest);
    if (!(sum > 0 && sum < Infinity)) throw new RouterLogitsError(row);
    for (let rank = 0; rank < used; rank++) gates[to + rank] = Math.exp(gates[to + rank]! - largest) / sum;
    for (let rank = used; rank < topK; rank++) {
      gates[to + rank] = 0;
      expertIds[to + rank] = expertIds[to]!;
    }
  }
}

/** Whether the plain top-k ranks the first before the second: by logit, equal ones by id. */
function beats(logit: number, expert: number, otherLogit: number, other: number): boolean {
  return logit > otherLogit || (logit === otherLogit && expert < other);
}
