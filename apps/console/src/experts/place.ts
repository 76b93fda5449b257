import { useSearch } from '@tanstack/react-router';
import { useWindow } from '../shell/scope.ts';
import { type ExpertSearch } from './expert-search.ts';

/** Which expert the page is about, and within what. */
export interface Place {
  readonly model: string;
  readonly layer: number;
  readonly expert: number;
  /** Layers of the model. */
  readonly layers: number;
  /** Experts of a layer. */
  readonly experts: number;
  readonly topK: number;
  /** The release that is chosen, or else the one that answers. */
  readonly releaseId: string;
  /** Version of the expert in that release. */
  readonly sha256: string | undefined;
  /** Rungs of the release's fallback; undefined for the usual ones. */
  readonly ladder: readonly string[] | undefined;
}

export function useExpertSearch(): ExpertSearch {
  return useSearch({ strict: false }) as ExpertSearch;
}

/** Filter of recorded usage: all releases of the model unless one is chosen. */
export function useUsageFilter({ model, layer }: Pick<Place, 'model' | 'layer'>) {
  const { from, to } = useWindow();
  const { release } = useExpertSearch();
  return { model, layer, from, to, ...(release !== undefined && { release }) };
}
