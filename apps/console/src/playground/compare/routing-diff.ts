/** A token of a trace, as the API gives it. */
export interface RoutedToken {
  readonly row: number;
  readonly choice: number | null;
  readonly tokenId: number | null;
  readonly text: string | null;
  /** [layer][k]: selected experts. */
  readonly experts: readonly (readonly number[])[];
}

export interface LayerDifference {
  readonly layer: number;
  /** Decisions of both, one for each compared token. */
  readonly decisions: number;
  /** Those in which the sets of experts differ. */
  readonly differing: number;
  /** Selections of one that the other did not make, over all: 0 to 1. */
  readonly selectionShare: number;
}

export interface RowDifference {
  readonly row: number;
  readonly text: string | null;
  readonly isPrompt: boolean;
  /** Layers in which the sets of experts differ, from the first. */
  readonly layers: readonly { readonly layer: number; readonly a: readonly number[]; readonly b: readonly number[] }[];
}

export interface RoutingDiff {
  /** Tokens that both ran, on the same text before them. */
  readonly rows: readonly RowDifference[];
  readonly layers: readonly LayerDifference[];
  readonly decisions: number;
  readonly differing: number;
  /** Where a decision differs first, by token and then by layer; null where none does. */
  readonly first: { readonly row: number; readonly layer: number } | null;
  /** Row from which on the texts are others; null where they are the same to the end of the shorter one. */
  readonly partsAtRow: number | null;
}

/**
 * How differently two releases routed one text, decision by decision. Only tokens with the same text before
 * them and themselves the same are compared: behind that, other routes are no news. The order of the experts
 * of a decision does not count.
 */
export function diffRouting(a: readonly RoutedToken[], b: readonly RoutedToken[]): RoutingDiff {
  const shorter = Math.min(a.length, b.length);
  let same = 0;
  while (same < shorter && isSameToken(a[same]!, b[same]!)) same += 1;
  const layerCount = Math.min(a[0]?.experts.length ?? 0, b[0]?.experts.length ?? 0);
  const tallies = Array.from({ length: layerCount }, () => ({ differing: 0, selections: 0, missing: 0 }));
  let first: RoutingDiff['first'] = null;
  const rows = a.slice(0, same).map((token, row): RowDifference => {
    const layers: RowDifference['layers'][number][] = [];
    for (const [layer, tally] of tallies.entries()) {
      const [one, other] = [token.experts[layer] ?? [], b[row]?.experts[layer] ?? []];
      const missing = one.filter((expert) => !other.includes(expert)).length;
      const extra = other.filter((expert) => !one.includes(expert)).length;
      tally.selections += Math.max(one.length, other.length);
      tally.missing += Math.max(missing, extra);
      if (missing === 0 && extra === 0) continue;
      tally.differing += 1;
      first ??= { row, layer };
      layers.push({ layer, a: one, b: other });
    }
    return { row, text: token.text, isPrompt: token.choice === null, layers };
  });
  const layers = tallies.map(({ differing, selections, missing }, layer): LayerDifference => ({ layer, decisions: same, differing, selectionShare: selections === 0 ? 0 : missing / selections }));
  return { rows, layers, decisions: same * layerCount, differing: layers.reduce((sum, { differing }) => sum + differing, 0), first, partsAtRow: same < shorter ? same : null };
}

/** Without captured token ids only the prompt, which both were given, is known to be the same. */
function isSameToken(one: RoutedToken, other: RoutedToken): boolean {
  return one.tokenId === null || other.tokenId === null ? one.choice === null && other.choice === null : one.tokenId === other.tokenId;
}
