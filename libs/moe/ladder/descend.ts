import { type ExpertMask, isMaskedAt } from '../expert-mask.ts';
import { type SelectionTarget } from '../gating.ts';
import { type MarkTarget } from '../masked-gating.ts';
import { decideRung, type Rung } from './rung.ts';

/** The ladder of one layer. */
export interface LayerLadder {
  readonly rungs: readonly Rung[];
  /** null: the layer has none. */
  readonly generalist: number | null;
}

/** Bits of a decision that the ladder touched; what they are is the caller's. */
export interface LadderMarks {
  /** A selected expert was unavailable. */
  readonly unavailable: number;
  /** Fewer experts than topK serve, or others than the router took. */
  readonly fallback: number;
  /** The layer's generalist serves. */
  readonly generalist: number;
}

/** Rows of one request in one layer. */
export interface LadderRows {
  readonly rows: number;
  readonly layer: number;
  readonly experts: number;
  readonly topK: number;
  /** Experts that the request must not use; null for none. */
  readonly mask: ExpertMask | null;
  readonly unavailable: ExpertMask;
}

/** Where the lost gate mass goes: row r's is added to values[offset + r * rowStride]. */
export interface LostMassTarget {
  readonly values: Float32Array;
  readonly offset: number;
  readonly rowStride: number;
}

/**
 * Serves rows whose selection holds unavailable experts by the first rung of the ladder that can.
 * `target` holds the plain selection, ranks by descending gate, unused ranks with gate 0; rows without
 * an unavailable expert keep their bits.
 *
 * With S the selected experts, U the unavailable ones and g the plain gates:
 * - renormalise: g'_e = g_e * sum over S of g / sum over S \ U of g, for e in S \ U.
 * - next-best: what the caller's gating gives over the experts that are neither masked nor in U.
 * - generalist: the generalist alone, its gate the sum over S of g.
 * - dense, or no rung: every gate is 0, so that no expert runs; the row cannot be served here.
 * So renormalise and generalist keep the mass that the row gave to its experts. The lost mass is the
 * sum over S and U of g, before any of it.
 *
 * @param nextBest writes the row's selection over the experts that are left, unused ranks with gate 0
 *   and the expert of rank 0; its own marks are the caller's matter
 * @returns rows that no rung could serve
 */
export function descendLadder(
  ladder: LayerLadder,
  of: LadderRows,
  target: SelectionTarget,
  { marks, offset: marksOffset, rowStride: marksStride }: MarkTarget,
  bits: LadderMarks,
  nextBest: (row: number) => void,
  lostMass: LostMassTarget | null = null,
): number {
  const { rows, layer, topK, mask, unavailable } = of;
  if (mask !== null && mask.wordsPerLayer !== unavailable.wordsPerLayer) throw new RangeError('the masks are of different shapes');
  const { expertIds, gates, offset, rowStride } = target;
  const wordsFrom = layer * unavailable.wordsPerLayer;
  const anyLeft = someLeft(of);
  const generalistLeft = ladder.generalist !== null && isLeft(of, ladder.generalist);
  let unserved = 0;
  for (let row = 0; row < rows; row++) {
    const from = offset + row * rowStride;
    let total = 0;
    let lost = 0;
    let touched = false;
    for (let rank = 0; rank < topK; rank++) {
      const gate = gates[from + rank]!;
      total += gate;
      // Of a used rank even where its gate has underflowed to 0: its expert would run. An unused one names rank 0's.
      if (!isMaskedAt(unavailable.words, wordsFrom, expertIds[from + rank]!)) continue;
      touched = true;
      lost += gate;
    }
    if (!touched) continue;
    const kept = keptMass(target, from, topK, unavailable, wordsFrom);
    const { rung } = decideRung(ladder.rungs, { lost: true, selectedLeft: kept > 0, anyLeft, generalistLeft });
    if (lostMass !== null) lostMass.values[lostMass.offset + row * lostMass.rowStride]! += lost;
    marks[marksOffset + row * marksStride]! |= bits.unavailable | bits.fallback | (rung === 'generalist' ? bits.generalist : 0);
    if (rung === 'renormalise') renormalise(target, from, topK, unavailable, wordsFrom, total / kept);
    else if (rung === 'next-best') nextBest(row);
    else if (rung === 'generalist') serveAlone(expertIds, gates, from, topK, ladder.generalist!, total);
    else {
      gates.fill(0, from, from + topK);
      unserved += 1;
    }
  }
  return unserved;
}

/** One expert with all of a row's mass; the other ranks unused. */
export function serveAlone(expertIds: Uint16Array, gates: Float32Array, from: number, topK: number, expert: number, mass: number): void {
  expertIds.fill(expert, from, from + topK);
  gates.fill(0, from, from + topK);
  gates[from] = mass;
}

function keptMass({ expertIds, gates }: SelectionTarget, from: number, topK: number, { words }: ExpertMask, wordsFrom: number): number {
  let kept = 0;
  for (let rank = 0; rank < topK; rank++) if (!isMaskedAt(words, wordsFrom, expertIds[from + rank]!)) kept += gates[from + rank]!;
  return kept;
}

function renormalise({ expertIds, gates }: SelectionTarget, from: number, topK: number, { words }: ExpertMask, wordsFrom: number, scale: number): void {
  let used = 0;
  for (let rank = 0; rank < topK; rank++) {
    const gate = gates[from + rank]!;
    const expert = expertIds[from + rank]!;
    if (gate === 0 || isMaskedAt(words, wordsFrom, expert)) continue;
    expertIds[from + used] = expert;
    gates[from + used] = gate * scale;
    used += 1;
  }
  for (let rank = used; rank < topK; rank++) {
    expertIds[from + rank] = expertIds[from]!;
    gates[from + rank] = 0;
  }
}

function isLeft({ mask, unavailable, layer }: LadderRows, expert: number): boolean {
  const at = layer * unavailable.wordsPerLayer;
  return !isMaskedAt(unavailable.words, at, expert) && !(mask !== null && isMaskedAt(mask.words, at, expert));
}

function someLeft(of: LadderRows): boolean {
  for (let expert = 0; expert < of.experts; expert++) if (isLeft(of, expert)) return true;
  return false;
}
