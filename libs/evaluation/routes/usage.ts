import { type ReleaseManifest } from '#libs/release/manifest';
import { jensenShannonBits } from '#libs/stats/divergence';
import { type Routes } from '../probe/probe.ts';

/** How an item's tokens were routed, and which of its rows count. */
export interface RoutedItem {
  readonly routes: Routes;
  readonly layers: number;
  readonly experts: number;
  readonly topK: number;
  /** First row of text: that of `<s>` says nothing of it. */
  readonly firstRow: number;
  readonly rows: number;
}

export function routedItem(routes: Routes, tokens: Uint32Array, { shape, routing }: ReleaseManifest): RoutedItem {
  const { layers, experts } = shape;
  const rows = routes.expertIds.length / (layers * routing.topK);
  return { routes, layers, experts, topK: routing.topK, firstRow: tokens[0] === shape.bosTokenId && rows > 1 ? 1 : 0, rows };
}

/** Selections of each expert of a layer, [experts]. */
export function usageOf({ routes, layers, experts, topK, firstRow, rows }: RoutedItem, layer: number): number[] {
  const counts = Array.from({ length: experts }, () => 0);
  for (let row = firstRow; row < rows; row += 1) {
    const at = (row * layers + layer) * topK;
    for (let slot = 0; slot < topK; slot += 1) counts[routes.expertIds[at + slot]!]! += 1;
  }
  return counts;
}

/** Jensen-Shannon divergence of two items' usage, bits, mean over the layers. */
export function routingGapBits(left: RoutedItem, right: RoutedItem): number {
  let sum = 0;
  for (let layer = 0; layer < left.layers; layer += 1) sum += jensenShannonBits(usageOf(left, layer), usageOf(right, layer)) ?? 0;
  return sum / left.layers;
}
