/**
 * Selection among scores without sorting them all. The order is everywhere the same and total:
 * higher score first, among equals the lower id, so results never depend on how they were found.
 */

/** Whether `a` comes after `b`. */
function isAfter(scores: Float32Array, base: number, a: number, b: number): boolean {
  const scoreA = scores[base + a] as number;
  const scoreB = scores[base + b] as number;
  return scoreA < scoreB || (scoreA === scoreB && a > b);
}

/** Sinks the root of a heap whose root is the last of its ids in order. */
function sinkLast(ids: Int32Array, count: number, from: number, scores: Float32Array, base: number): void {
  const moved = ids[from] as number;
  let at = from;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= count) break;
    if (child + 1 < count && isAfter(scores, base, ids[child + 1] as number, ids[child] as number)) child++;
    if (!isAfter(scores, base, ids[child] as number, moved)) break;
    ids[at] = ids[child] as number;
    at = child;
  }
  ids[at] = moved;
}

/** Sinks the root of a heap whose root is the first of its ids in order. */
function sinkFirst(ids: Int32Array, count: number, from: number, scores: Float32Array, base: number): void {
  const moved = ids[from] as number;
  let at = from;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= count) break;
    if (child + 1 < count && isAfter(scores, base, ids[child] as number, ids[child + 1] as number)) child++;
    if (!isAfter(scores, base, moved, ids[child] as number)) break;
    ids[at] = ids[child] as number;
    at = child;
  }
  ids[at] = moved;
}

/**
 * Writes the ids of the `count` highest of `scores[base, base + size)` that are at least `minimum`
 * into `out`, in order, and returns how many there are. `out` holds at least `count` numbers.
 */
export function selectTop(scores: Float32Array, base: number, size: number, count: number, minimum: number, out: Int32Array): number {
  let kept = 0;
  let worst = -Infinity;
  for (let id = 0; id < size; id++) {
    const score = scores[base + id] as number;
    if (kept === count ? score <= worst : score < minimum) continue;
    if (kept < count) {
      out[kept++] = id;
      if (kept < count) continue;
      for (let at = (count >> 1) - 1; at >= 0; at--) sinkLast(out, count, at, scores, base);
    } else {
      out[0] = id;
      sinkLast(out, count, 0, scores, base);
    }
    worst = scores[base + (out[0] as number)] as number;
  }
  if (kept < count) for (let at = (kept >> 1) - 1; at >= 0; at--) sinkLast(out, kept, at, scores, base);
  for (let end = kept - 1; end > 0; end--) {
    const last = out[0] as number;
    out[0] = out[end] as number;
    out[end] = last;
    sinkLast(out, end, 0, scores, base);
  }
  return kept;
}

/** Arranges `ids[0, count)` so that `takeFirst` gives them in order. */
export function arrangeByScore(ids: Int32Array, count: number, scores: Float32Array, base: number): void {
  for (let at = (count >> 1) - 1; at >= 0; at--) sinkFirst(ids, count, at, scores, base);
}

/** Takes the first of `count` arranged ids; `count - 1` remain. The freed place is `ids[count - 1]`. */
export function takeFirst(ids: Int32Array, count: number, scores: Float32Array, base: number): number {
  const first = ids[0] as number;
  ids[0] = ids[count - 1] as number;
  if (count > 1) sinkFirst(ids, count - 1, 0, scores, base);
  return first;
}
