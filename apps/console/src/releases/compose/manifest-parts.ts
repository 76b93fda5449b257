import { type ReleaseManifest } from '../../api/gen/types.gen.ts';

/** Component name to version. */
export function componentsOf({ manifest }: Pick<ReleaseManifest, 'manifest'>): Readonly<Record<string, string>> {
  return manifest.components as Readonly<Record<string, string>>;
}

/** Routing settings by name. */
export function routingOf({ manifest }: Pick<ReleaseManifest, 'manifest'>): Readonly<Record<string, unknown>> {
  return ((manifest as Readonly<Record<string, unknown>>)['routing'] ?? {}) as Readonly<Record<string, unknown>>;
}

/** Layers and experts of a layer, as the names of its components tell. */
export function placesOf(release: Pick<ReleaseManifest, 'manifest'>): { readonly layers: readonly number[]; readonly expertsOf: (layer: number) => readonly number[] } {
  const experts = new Map<number, number[]>();
  const layers = new Set<number>();
  for (const name of Object.keys(componentsOf(release))) {
    const [kind, layer, index] = name.split('/');
    if (layer === undefined) continue;
    layers.add(Number(layer));
    if (kind === 'expert') experts.set(Number(layer), [...(experts.get(Number(layer)) ?? []), Number(index)]);
  }
  return { layers: [...layers].toSorted((a, b) => a - b), expertsOf: (layer) => (experts.get(layer) ?? []).toSorted((a, b) => a - b) };
}
