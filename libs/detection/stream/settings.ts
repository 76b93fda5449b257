import { DEFAULT_DETECTOR, type DetectorSettings } from '../usage-shift/settings.ts';

/** When a raised alarm counts as over. */
export interface ClearSettings {
  /** Quiet requests needed: as many times what the last alarm took, within these limits. */
  readonly quietFactor: number;
  readonly minRequests: number;
  readonly maxRequests: number;
  /** The effect must be within this many times the noise floor. */
  readonly floorFactor: number;
  /** After so many requests without an alarm it is over whatever the effect. */
  readonly giveUpRequests: number;
}

/** How a shift of the traffic is told from a shift of the router. */
export interface KindSettings {
  /** Routing by token that differs by less than this share of what usage differs by is a matter of context, not of the router. */
  readonly explainedShare: number;
  /** The same where an earlier layer tells of other traffic too, whose contexts move more. */
  readonly contextShare: number;
  /** Requests that a first alarm waits for the other test, where the effects say that it may follow. */
  readonly waitRequests: number;
  /** Least share of requests with enough known tokens, for the routing to be tested. */
  readonly minToldShare: number;
}

/** How one layer's stream is followed. */
export interface StreamSettings {
  readonly detector: DetectorSettings;
  /** Recent traffic fades by half in so many requests. */
  readonly recentHalfLifeRequests: number;
  /** Requests before there is a value. */
  readonly minRequests: number;
  /** Known rows that a request needs to tell of the router. */
  readonly minKnownRows: number;
  /** Expected share of false ones among the experts named. */
  readonly expertLevel: number;
  readonly clear: ClearSettings;
  readonly kind: KindSettings;
}

export const DEFAULT_STREAM: StreamSettings = {
  detector: DEFAULT_DETECTOR,
  recentHalfLifeRequests: 64,
  minRequests: 30,
  minKnownRows: 8,
  expertLevel: 0.05,
  clear: { quietFactor: 2, minRequests: 200, maxRequests: 5000, floorFactor: 2, giveUpRequests: 20_000 },
  kind: { explainedShare: 0.25, contextShare: 1, waitRequests: 500, minToldShare: 0.2 },
};

/** How a layer's baseline is frozen. */
export interface LayerBaselineOptions {
  /** Tokens of the table at most; fewer where the layer has many experts. */
  readonly maxTokens: number;
  readonly minSightings: number;
  readonly stream: StreamSettings;
}

export const DEFAULT_LAYER_BASELINE: LayerBaselineOptions = { maxTokens: 8192, minSightings: 20, stream: DEFAULT_STREAM };
