import { type Estimate, type RunResult } from '../run/result.ts';

/**
 * What is kept of a request, from the most to the least. `full`: routes and token ids. `routes`: expert
 * ids and gates, row by row. `routes-ids`: expert ids alone, as if gates were not kept. `sampled`:
 * routes of a share of the requests. `aggregate-K`: one sum of usage over K requests.
 */
export type PrivacyLevelName = 'full' | 'routes' | 'routes-ids' | 'sampled' | `aggregate-${number}`;

/** How well one class is told from the rest. */
export interface ClassAuc extends Estimate {
  readonly label: string;
}

export interface PrivacyLevel {
  readonly level: PrivacyLevelName;
  /** Share of held-out tokens that the attacker's first guess names. Of all requests, recorded or not. */
  readonly tokenRecovery: Estimate;
  /** Share of held-out tokens that are among the attacker's first five guesses. */
  readonly top5: Estimate;
  /** Mean over classes of the area under the curve, one against the rest; null: fewer than two classes. */
  readonly classAuc: Estimate | null;
  readonly classes: readonly ClassAuc[];
  /** Bits per token by which what is kept shortens the attacker's code below that of token frequencies. */
  readonly informationBits: Estimate;
}

/** What the attacker gets without any trace. */
export interface PrivacyChance {
  /** Guesses the most frequent token everywhere. */
  readonly majority: Estimate;
  readonly majorityTop5: Estimate;
  /** Knows the true token before, which no trace gives: more than a prior alone can have. */
  readonly prior: Estimate;
  readonly priorTop5: Estimate;
}

export interface LearningPoint {
  /** Tokens that the attacker was trained on. */
  readonly trainTokens: number;
  readonly tokenRecovery: Estimate;
  readonly top5: Estimate;
}

/** Mutual information in one layer, in bits. */
export interface LayerInformation {
  readonly layer: number;
  /** Of class and expert, classes weighted equally; null: fewer than two classes. */
  readonly classBits: Estimate | null;
  /** Of token and expert, over the tokens that occur often enough; `n` counts their occurrences. */
  readonly tokenBits: Estimate | null;
}

export interface PrivacyResult extends RunResult {
  readonly kind: 'privacy';
  readonly levels: readonly PrivacyLevel[];
  readonly chance: PrivacyChance;
  /** Of the level `routes`. */
  readonly learningCurve: readonly LearningPoint[];
  readonly layers: readonly LayerInformation[];
  /** `level`: what to keep at most under the bounds that were set; `off` where no level keeps them. */
  readonly recommendation: { readonly level: PrivacyLevelName | 'off'; readonly reason: string; readonly detail: string };
  /** What the figures do not show. */
  readonly limits: readonly string[];
  readonly documents: { readonly train: number; readonly heldOut: number };
  readonly tokens: { readonly train: number; readonly heldOut: number };
}
