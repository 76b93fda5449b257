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

/** How gates become a selection. Later issues add capacity, quotas and fallback. */
export interface RoutingSettings {
  readonly gating: 'softmax-topk';
  readonly topK: number;
  /** Whether the selected gates are divided by their sum. */
  readonly normalise: boolean;
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
