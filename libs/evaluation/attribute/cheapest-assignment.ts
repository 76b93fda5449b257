const MAX_PLACES = 16;

/**
 * The assignment of sources to places, one each, of the lowest sum of costs: dynamic programming over the
 * sets of sources that are used (Held & Karp 1962), 2^n * n steps. Of equal sums, the first found.
 * @param costs [places][sources], square, at most 16
 * @returns [places], the source of each
 */
export function cheapestAssignment(costs: readonly (readonly number[])[]): number[] {
  const count = costs.length;
  if (count > MAX_PLACES || costs.some((row) => row.length !== count)) throw new RangeError(`costs must be square, of at most ${MAX_PLACES} places`);
  const lowest = new Float64Array(1 << count).fill(Infinity);
  const last = new Int8Array(1 << count).fill(-1);
  lowest[0] = 0;
  for (let used = 0; used < 1 << count; used++) {
    const place = bitCount(used);
    for (let source = 0; source < count; source++) {
      const next = used | (1 << source);
      if (next === used) continue;
      const cost = lowest[used]! + costs[place]![source]!;
      if (cost >= lowest[next]!) continue;
      lowest[next] = cost;
      last[next] = source;
    }
  }
  const assigned: number[] = [];
  for (let used = (1 << count) - 1; used !== 0; used &= ~(1 << assigned[0]!)) assigned.unshift(last[used]!);
  return assigned;
}

function bitCount(word: number): number {
  let count = 0;
  for (let left = word; left !== 0; left &= left - 1) count++;
  return count;
}
