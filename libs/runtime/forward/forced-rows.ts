import { type ExpertMask } from '#libs/moe/expert-mask';
import { type Attended } from './attention-stage.ts';
import { type ForcedRoute } from './forced-routes.ts';
import { type CachedSequence } from './kv-cache.ts';

/** A forced route at its place among the rows of a step. */
export interface ForcedRow {
  /** In the step. */
  readonly row: number;
  readonly experts: readonly number[];
}

/** By layer; null where no item forces, so that other steps pay one comparison for each layer. */
export function forcedByLayer(items: readonly { readonly forced?: readonly ForcedRoute[] | null }[], itemRows: readonly number[]): ReadonlyMap<number, readonly ForcedRow[]> | null {
  let layers: Map<number, ForcedRow[]> | null = null;
  for (const [at, { forced }] of items.entries()) {
    if (!forced) continue;
    for (const { row, layer, experts } of forced) {
      layers ??= new Map();
      const rows = layers.get(layer) ?? [];
      rows.push({ row: itemRows[at]! + row, experts });
      layers.set(layer, rows);
    }
  }
  return layers;
}

/** Whose row it is, and where its logits begin in its group. */
export function locateRow(attended: readonly Attended[], row: number): { readonly sequence: CachedSequence; readonly mask: ExpertMask | null; readonly logits: Float32Array; readonly at: number; readonly token: number } {
  for (const { group, logits } of attended) {
    const at = row - group.row;
    if (at < 0 || at >= group.sequences.length * group.tokens) continue;
    const index = Math.floor(at / group.tokens);
    return { sequence: group.sequences[index]!, mask: group.masks?.[index] ?? null, logits, at, token: at % group.tokens };
  }
  throw new RangeError(`row ${row} is in no group of the step`);
}
