import { type FallbackSettings } from '#libs/release/manifest';

/** What is known of a request and of the release that it was assigned, when it is admitted. */
export interface PathFacts {
  /** `routing.fallback` of the release; undefined where it has none. */
  readonly fallback: FallbackSettings | undefined;
  /** Served name of the release's model. */
  readonly model: string;
  /** The request named this release itself. */
  readonly isPinned: boolean;
  /** A layer has too few experts left to serve. */
  readonly isExhausted: boolean;
  /** Whether the baseline in force has seen requests with these labels; null where there is none to tell. */
  readonly isSegmentSeen: boolean | null;
  readonly isServed: (model: string) => boolean;
}

/** Which way a request takes, with the reason. */
export type PathDecision =
  | { readonly path: 'own'; readonly reason: 'as-usual' | 'pinned' | 'no-dense-model' | 'dense-model-is-itself' | 'dense-model-not-served' }
  | { readonly path: 'generalist'; readonly reason: 'unseen-segment' }
  | { readonly path: 'dense'; readonly reason: 'experts-exhausted'; readonly denseModel: string };

/**
 * Decides how a request is answered. A pinned one stays where it is: whoever names a release wants to see
 * that one, as it is. What the dense model cannot answer either is answered by nobody: there is no third way.
 */
export function decidePath({ fallback, model, isPinned, isExhausted, isSegmentSeen, isServed }: PathFacts): PathDecision {
  if (isPinned) return { path: 'own', reason: 'pinned' };
  if (isExhausted) {
    const denseModel = fallback?.denseModel;
    if (denseModel === undefined) return { path: 'own', reason: 'no-dense-model' };
    if (denseModel === model) return { path: 'own', reason: 'dense-model-is-itself' };
    return isServed(denseModel) ? { path: 'dense', reason: 'experts-exhausted', denseModel } : { path: 'own', reason: 'dense-model-not-served' };
  }
  if (fallback?.coldStart === 'generalist' && fallback.generalists !== undefined && isSegmentSeen === false) return { path: 'generalist', reason: 'unseen-segment' };
  return { path: 'own', reason: 'as-usual' };
}
