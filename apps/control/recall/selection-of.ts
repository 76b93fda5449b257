import { parseComponentName } from '#libs/release/component';
import { type RecallRecord } from '#libs/store/activation/recalls';
import { decodeTrace } from '#libs/trace/codec';
import { expertSelection, type ExpertSelection } from '#libs/trace/selection';
import { type TraceOpener } from '../traces/trace-vault.ts';

/** Where a release has an expert. */
export interface ExpertPlace {
  readonly component: string;
  readonly layer: number;
  readonly index: number;
}

export type PlacedSelection = ExpertSelection & Pick<ExpertPlace, 'component'>;

/** By release: the same version can be several experts of one. */
export function placesOf({ releases }: Pick<RecallRecord, 'releases'>): ReadonlyMap<string, readonly ExpertPlace[]> {
  return new Map(
    releases.map(({ releaseId, components }) => [
      releaseId,
      components.flatMap((component) => {
        const parsed = parseComponentName(component);
        return parsed?.kind === 'expert' ? [{ component, layer: parsed.layer, index: parsed.index }] : [];
      }),
    ]),
  );
}

/**
 * What experts got of a request, those that got something; `unreadable` where its trace is gone, does not open, or is
 * of another shape than its release: the other requests must still be told of.
 */
export function selectionOf(opener: TraceOpener, requestId: string, sealedTrace: Uint8Array | null, places: readonly ExpertPlace[]): PlacedSelection[] | 'unreadable' {
  if (sealedTrace === null) return 'unreadable';
  try {
    const trace = decodeTrace(opener.open(requestId, sealedTrace));
    return places.map(({ component, layer, index }) => ({ component, ...expertSelection(trace, layer, index) })).filter(({ tokens }) => tokens > 0);
  } catch {
    return 'unreadable';
  }
}
