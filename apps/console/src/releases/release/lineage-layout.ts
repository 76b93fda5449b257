export interface LineageRelease {
  readonly releaseId: string;
  readonly parent: string | null;
  readonly createdAt: string;
}

export interface LineageNode {
  readonly releaseId: string;
  /** Generations since the first release; from 0. */
  readonly column: number;
  /** From 0. A release and its oldest child share a row. */
  readonly row: number;
}

export interface Lineage {
  /** In reading order: row by row, each from left to right. */
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly { readonly from: LineageNode; readonly to: LineageNode }[];
  readonly columns: number;
  readonly rows: number;
}

/**
 * Places releases in layers by descent: each stands one column right of its parent. The oldest child goes on
 * in the row of its parent and every other one begins a row below, so edges never cross. A release whose
 * parent is not among them begins a tree of its own.
 */
export function layoutLineage(releases: readonly LineageRelease[]): Lineage {
  const byAge = releases.toSorted((one, other) => one.createdAt.localeCompare(other.createdAt) || one.releaseId.localeCompare(other.releaseId));
  const known = new Set(byAge.map(({ releaseId }) => releaseId));
  const children = new Map<string | null, LineageRelease[]>();
  for (const release of byAge) {
    const parent = release.parent !== null && known.has(release.parent) ? release.parent : null;
    children.set(parent, [...(children.get(parent) ?? []), release]);
  }
  const nodes: LineageNode[] = [];
  const edges: { from: LineageNode; to: LineageNode }[] = [];
  let rows = 0;
  const waiting: { release: LineageRelease; from: LineageNode | null }[] = [];
  const push = (parent: string | null, from: LineageNode | null): void => {
    for (const release of (children.get(parent) ?? []).toReversed()) waiting.push({ release, from });
  };
  push(null, null);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { release, from } = next;
    const isOldest = from !== null && children.get(from.releaseId)?.[0] === release;
    const node = { releaseId: release.releaseId, column: from === null ? 0 : from.column + 1, row: isOldest ? from.row : rows };
    if (!isOldest) rows += 1;
    nodes.push(node);
    if (from !== null) edges.push({ from, to: node });
    push(release.releaseId, node);
  }
  const ordered = nodes.toSorted((one, other) => one.row - other.row || one.column - other.column);
  return { nodes: ordered, edges, columns: Math.max(0, ...nodes.map(({ column }) => column + 1)), rows };
}
