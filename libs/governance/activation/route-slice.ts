import { type ComponentName, parseComponentName } from '#libs/release/component';

/** Routing of some rows: expert ids by row, layer and rank. */
export interface RoutedRows {
  readonly layers: number;
  readonly topK: number;
  readonly rows: number;
  /** rows x layers x topK. */
  readonly expertIds: Uint16Array;
}

/**
 * Share of the decisions, in the layers of the given experts, that select one of them, 0 to 1. A
 * decision is one token in one layer. 0 where there is no decision in those layers.
 */
export function sliceShare(experts: readonly ComponentName[], { layers, topK, rows, expertIds }: RoutedRows): number {
  const wanted = new Map<number, Set<number>>();
  for (const name of experts) {
    const parsed = parseComponentName(name);
    if (parsed?.kind !== 'expert' || parsed.layer >= layers) continue;
    const inLayer = wanted.get(parsed.layer) ?? new Set();
    wanted.set(parsed.layer, inLayer.add(parsed.index));
  }
  let hits = 0;
  for (let row = 0; row < rows; row += 1) {
    for (const [layer, ids] of wanted) {
      const at = (row * layers + layer) * topK;
      if (expertIds.subarray(at, at + topK).some((id) => ids.has(id))) hits += 1;
    }
  }
  return rows === 0 || wanted.size === 0 ? 0 : hits / (rows * wanted.size);
}
