import { type Releases, type StoredRelease } from '#libs/store/releases/releases';
import { type ReleaseCatalog, type ReleaseOutline } from './usage-reader.ts';

/** More releases of one model than this are not added up. */
const MAX_RELEASES = 1000;

/** The catalog that stands on the store. */
export function storedCatalog(releases: Pick<Releases, 'find' | 'list' | 'activation' | 'activations' | 'componentSizes'>): ReleaseCatalog {
  return {
    find: async (releaseId) => {
      const found = await releases.find(releaseId);
      return found && outline(found);
    },
    ofModel: async (model) => (await releases.list(MAX_RELEASES, model)).map(outline),
    models: async () => (await releases.activations()).map(({ model }) => model),
    activeRelease: async (model) => (await releases.activation(model))?.stableRelease ?? null,
    componentSizes: (releaseId) => releases.componentSizes(releaseId),
  };
}

function outline({ releaseId, model, manifest: { shape, routing } }: StoredRelease): ReleaseOutline {
  return { releaseId, model, layers: shape.layers, experts: shape.experts, topK: routing.topK };
}
