import { type CapacitySettings, type ExpertQuota } from '#libs/moe/capacity/capacity-settings';
import { type RowGating } from '#libs/moe/gating/gate-for';
import { type SelectionGroups } from '#libs/moe/gating/sigmoid-bias';
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
  /** Requests with labels that the baseline in force has not seen take the generalist path. Left out: they go the usual way. */
  readonly coldStart?: 'generalist';
}

/** Rules of docs/routing.md by which a router's logits become experts and gates. */
export type Gating = RowGating | 'expert-choice';

/** How gates become a selection; docs/routing.md. What is left out is not in the manifest's digest. */
export interface RoutingSettings {
  readonly gating: Gating;
  /** Experts of each token, shared ones included. */
  readonly topK: number;
  /** Whether the selected gates are divided by their sum. */
  readonly normalise: boolean;
  readonly fallback?: FallbackSettings;
  /** Of sigmoid-bias and two-level: experts in equal groups of neighbours, of which the best `keep` take part. */
  readonly selectionGroups?: SelectionGroups;
  /** Factor on the outputs of routed experts, after their gates. Left out: 1. */
  readonly scale?: number;
  /** Of noisy-topk: standard deviation of the noise on each logit, drawn by the request's seed. Left out: none. */
  readonly noise?: { readonly deviation: number };
  /** Experts that serve every token of every layer with gate 1, beside those that the router chooses. */
  readonly sharedExperts?: readonly number[];
  /** [layers][experts]: added to the logits by which experts are chosen, never to gates; of sigmoid-bias, to the router's own bias. */
  readonly selectionBias?: readonly (readonly number[])[];
  readonly capacity?: CapacitySettings;
  readonly quotas?: readonly ExpertQuota[];
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
