import { type Baseline, type SegmentLabels } from '#libs/store/detection/baseline';
import { type UsageReader } from '#libs/store/usage/usage-reader';
import { type LayerFigures } from '#libs/store/usage/usage-query';

/** Usage of the time of adopted baselines. It is frozen, so it is read once. */
export class ReferenceUsage {
  readonly #known = new Map<string, ReadonlyMap<number, LayerFigures>>();

  constructor(private readonly usage: Pick<UsageReader, 'usageMatrix'>) {}

  /** By layer; of a segment where one is given. */
  async of({ id, releaseId, fromMs, toMs }: Baseline, segment: SegmentLabels | null): Promise<ReadonlyMap<number, LayerFigures>> {
    const key = `${id} ${JSON.stringify(segment)}`;
    const known = this.#known.get(key);
    if (known) return known;
    const { groups } = await this.usage.usageMatrix({ of: { releaseIds: [releaseId] }, fromMs, toMs: Math.max(toMs, fromMs + 1), ...(segment ? { segment } : {}) });
    const layers = new Map((groups[0]?.layers ?? []).map((layer) => [layer.layer, layer]));
    this.#known.set(key, layers);
    return layers;
  }

  keepOnly(baselines: readonly Baseline[]): void {
    const ids = new Set(baselines.map(({ id }) => id));
    for (const key of this.#known.keys()) if (!ids.has(key.split(' ')[0] ?? '')) this.#known.delete(key);
  }
}

/** The adopted baseline that a release is held against: its own, or else the last one that was adopted for its model, if the shape is the same. */
export function baselineFor(release: { readonly model: string; readonly releaseId: string; readonly layers: number; readonly experts: number }, adopted: readonly Baseline[]): Baseline | null {
  const ofModel = adopted
    .filter(({ model, layers, experts }) => model === release.model && layers === release.layers && experts === release.experts)
    .toSorted((a, b) => (b.adoptedAtMs ?? 0) - (a.adoptedAtMs ?? 0));
  return ofModel.find(({ releaseId }) => releaseId === release.releaseId) ?? ofModel[0] ?? null;
}
