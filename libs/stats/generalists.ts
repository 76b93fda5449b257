/** What one segment (a task, a language) selected in one layer. */
interface SegmentLoad {
  /** Rows that each expert got. [experts] */
  readonly load: ArrayLike<number>;
}

interface RankedExpert {
  readonly expert: number;
  /** The smallest share of the selections that any segment gives it, from 0 to 1. */
  readonly leastShare: number;
  /** Its share of all selections, from 0 to 1. */
  readonly share: number;
}

/**
 * The experts of a layer by how evenly they are used: first the one whose smallest share over the segments is
 * largest, so that no kind of traffic does without it (a maximin rule, as in Wald 1945); of equals the one with
 * the larger share, then the lower number. Segments without selections say nothing and are left out.
 * @param segments at least one with selections
 */
export function rankGeneralists(segments: readonly SegmentLoad[]): readonly RankedExpert[] {
  const used = segments.map(({ load }) => Array.from(load)).filter((load) => total(load) > 0);
  const [first] = used;
  if (!first) throw new RangeError('no segment has any selections');
  const all = first.map((_, expert) => used.reduce((sum, load) => sum + load[expert]!, 0));
  const sum = total(all);
  const ranked = all.map((load, expert) => ({ expert, leastShare: Math.min(...used.map((one) => one[expert]! / total(one))), share: load / sum }));
  return ranked.toSorted((a, b) => b.leastShare - a.leastShare || b.share - a.share || a.expert - b.expert);
}

function total(load: readonly number[]): number {
  return load.reduce((sum, value) => sum + value, 0);
}
