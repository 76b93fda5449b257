import { type OverflowPolicy } from './capacity-settings.ts';

/** Room of experts for one row. */
export interface Room {
  has(expert: number): boolean;
  take(expert: number): void;
}

/** Where the selections of a row came to lie; the arrays are used again. */
export interface Placement {
  /** Experts whose gates are worked out: the chosen that serve or are dropped by rank, then replacements. */
  readonly experts: Uint16Array;
  /** 1 where that expert adds nothing. */
  readonly dropped: Uint8Array;
  count: number;
  /** Selections that found their expert full. */
  overflow: number;
  rerouted: boolean;
}

export function newPlacement(topK: number): Placement {
  return { experts: new Uint16Array(topK), dropped: new Uint8Array(topK), count: 0, overflow: 0, rerouted: false };
}

/**
 * Places the chosen experts of a row, best first, where there is room. @param scores [experts] of the
 * gating rule; a replacement is the expert with room of highest score, ties to the lowest id
 */
export function placeSelection(chosen: Uint16Array, count: number, scores: Float64Array, room: Room, policy: OverflowPolicy, into: Placement): void {
  into.count = 0;
  into.overflow = 0;
  into.rerouted = false;
  let homeless = 0;
  // A rank that is to be replaced leaves its place to those behind it; replacements come after all chosen.
  for (let rank = 0; rank < count; rank++) {
    const expert = chosen[rank]!;
    const fits = room.has(expert);
    if (!fits) into.overflow++;
    if (fits || policy === 'pad') {
      room.take(expert);
      push(into, expert, 0);
    } else if (policy === 'drop') push(into, expert, 1);
    else homeless++;
  }
  if (homeless === 0) return;
  replaceAll(chosen, count, homeless, scores, room, into);
}

/** Finds homes for selections whose expert is full; the last of them that find none are dropped at their expert. */
function replaceAll(chosen: Uint16Array, count: number, homeless: number, scores: Float64Array, room: Room, into: Placement): void {
  const kept = into.count;
  let replaced = 0;
  for (; replaced < homeless; replaced++) {
    const next = nextBest(chosen, count, scores, room, into);
    if (next < 0) break;
    room.take(next);
    push(into, next, 0);
    into.rerouted = true;
  }
  let left = homeless - replaced;
  for (let rank = count - 1; rank >= 0 && left > 0; rank--) {
    if (includes(into.experts, kept, chosen[rank]!)) continue;
    push(into, chosen[rank]!, 1);
    left--;
  }
}

function nextBest(chosen: Uint16Array, count: number, scores: Float64Array, room: Room, { experts, count: placed }: Placement): number {
  let best = -1;
  for (let expert = 0; expert < scores.length; expert++) {
    if (scores[expert] === -Infinity || (best >= 0 && scores[expert]! <= scores[best]!)) continue;
    if (includes(chosen, count, expert) || includes(experts, placed, expert)) continue;
    if (room.has(expert)) best = expert;
  }
  return best;
}

function push(into: Placement, expert: number, dropped: 0 | 1): void {
  into.experts[into.count] = expert;
  into.dropped[into.count] = dropped;
  into.count++;
}

function includes(list: Uint16Array, count: number, value: number): boolean {
  for (let at = 0; at < count; at++) if (list[at] === value) return true;
  return false;
}
