import { type ExpertMask, isMasked } from '#libs/moe/expert-mask';
import { type RoutingSettings } from '#libs/release/manifest';

/** Experts that serve one token in one layer in place of those that the router would choose. */
export interface ForcedRoute {
  /** Index of the token in its step item. */
  readonly row: number;
  readonly layer: number;
  /** As many different ones as the router chooses, shared experts left out. */
  readonly experts: readonly number[];
}

interface Bounds {
  readonly tokens: number;
  readonly layers: number;
  readonly experts: number;
  readonly mask: ExpertMask | null;
  /** null: this forward pass cannot force routes. */
  readonly routing: RoutingSettings | null;
}

/** Why routes cannot be forced, as a sentence that names the field; null where they can. */
export function forcedFault(forced: readonly ForcedRoute[], { tokens, layers, experts, mask, routing }: Bounds): string | null {
  if (forced.length === 0) return null;
  if (routing === null) return 'forced: this plan cannot force routes; load the release with the split plan';
  // Room that others take or leave would make a forced row mean something else for each of them.
  if (routing.capacity !== undefined || routing.quotas !== undefined || routing.gating === 'expert-choice') return 'forced: routes cannot be forced in a release with a capacity, quotas or expert choice';
  const { topK, sharedExperts = [] } = routing;
  const count = topK - sharedExperts.length;
  const seen = new Set<number>();
  for (const [at, { row, layer, experts: chosen }] of forced.entries()) {
    const field = `forced[${at}]`;
    if (!(Number.isInteger(row) && row >= 0 && row < tokens)) return `${field}.row is ${row}; give 0 to ${tokens - 1}`;
    if (!(Number.isInteger(layer) && layer >= 0 && layer < layers)) return `${field}.layer is ${layer}; give 0 to ${layers - 1}`;
    if (seen.has(row * layers + layer)) return `${field}: row ${row} is forced twice in layer ${layer}`;
    seen.add(row * layers + layer);
    if (chosen.length !== count || new Set(chosen).size !== count) return `${field}.experts has ${new Set(chosen).size} different experts; give ${count}, as many as the router chooses`;
    const bad = chosen.find((expert) => !(Number.isInteger(expert) && expert >= 0 && expert < experts) || sharedExperts.includes(expert) || (mask !== null && isMasked(mask, layer, expert)));
    if (bad !== undefined) return `${field}.experts names ${bad}, which is shared, left out or not there`;
  }
  return null;
}
