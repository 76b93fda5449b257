import { type ComponentName, type Sha256 } from './component.ts';

/** What an engine must know of a model besides its weights. Counts unless a unit is named. */
export interface ModelShape {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly experts: number;
  readonly expertWidth: number;
  readonly attentionHeads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly contextTokens: number;
  readonly rmsNormEpsilon: number;
  readonly ropeTheta: number;
  /** null: full attention. */
  readonly slidingWindowTokens: number | null;
  readonly tiedHead: boolean;
  readonly bosTokenId: number | null;
  readonly eosTokenIds: readonly number[];
}

/** A step of the ladder that is climbed down when selected experts cannot serve. */
export type FallbackRung = 'renormalise' | 'next-best' | 'generalist' | 'dense';

/** What serves where experts cannot. */
export interface FallbackSettings {
  /** Rungs in the order in which they are tried; the first that can serve does. Left out: renormalise, next-best. */
  readonly ladder?: readonly FallbackRung[];
  /** By layer, the expert that serves what should take no risk. */
  readonly generalists?: readonly number[];
  /** Served name of the model that answers whole requests when this one cannot. */
  readonly denseModel?: string;
  /** Decisions whose largest gate, softmax over all experts, is below this take the generalist path. Left out: none do. */
  readonly minConfidence?: number;
}

/** How gates become a selection. What is left out is not in the manifest's digest. */
export interface RoutingSettings {
  readonly gating: 'softmax-topk';
  readonly topK: number;
  /** Whether the selected gates are divided by their sum. */
  readonly normalise: boolean;
  readonly fallback?: FallbackSettings;
}

export type Architecture = 'mixtral';

/** An immutable release: one component version for each component, plus routing settings. */
export interface ReleaseManifest {
  readonly format: 'signalbox.release/1';
  /** Served name. */
  readonly model: string;
  readonly architecture: Architecture;
  readonly shape: ModelShape;
  readonly routing: RoutingSettings;
  readonly components: Readonly<Record<ComponentName, Sha256>>;
}
