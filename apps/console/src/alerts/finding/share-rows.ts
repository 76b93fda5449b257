import { type AlertFinding } from '../../api/gen/types.gen.ts';

export interface ShareRow {
  readonly expert: number;
  /** Of the selections of the layer, 0 to 1. */
  readonly now: number;
  readonly before: number;
  /** now less before. */
  readonly moved: number;
  /** Whether the finding names it. */
  readonly isNamed: boolean;
}

/** Shares of a layer's experts side by side; from the finding alone where the usage is not known. */
export function shareRows(named: AlertFinding['experts'], now: readonly number[] | null, before: readonly number[] | null): readonly ShareRow[] {
  const names = new Set(named.map(({ expert }) => expert));
  if (now !== null && before !== null && now.length === before.length) {
    return now.map((share, expert) => ({ expert, now: share, before: before[expert]!, moved: share - before[expert]!, isNamed: names.has(expert) }));
  }
  return named
    .flatMap(({ expert, share, baselineShare }) => (share === null || baselineShare === null ? [] : [{ expert, now: share, before: baselineShare, moved: share - baselineShare, isNamed: true }]))
    .toSorted((a, b) => a.expert - b.expert);
}

/** The rows to draw: all of a small layer; of a large one the named and those that moved most, in order. */
export function drawnRows(rows: readonly ShareRow[], max: number): readonly ShareRow[] {
  if (rows.length <= max) return rows;
  const first = rows.toSorted((a, b) => Number(b.isNamed) - Number(a.isNamed) || Math.abs(b.moved) - Math.abs(a.moved)).slice(0, max);
  return first.toSorted((a, b) => a.expert - b.expert);
}
