/** What happens to a selection whose expert has no room. */
export const OVERFLOW_POLICIES = ['drop', 'reroute', 'pad'] as const;
export type OverflowPolicy = (typeof OVERFLOW_POLICIES)[number];

/** An absolute limit of one expert, in rows of the scope; where it is below the capacity, it holds. */
export interface ExpertLimit {
  readonly layer: number;
  readonly expert: number;
  readonly tokens: number;
}

export interface CapacitySettings {
  /** Capacity in multiples of an even share: C = ceil(factor * tokens * topK / experts). */
  readonly factor: number;
  /**
   * drop: the expert adds nothing and the others keep their gates, so the residual passes through.
   * reroute: the next best expert with room serves; where there is none, as drop.
   * pad: it serves all the same, and what is above the capacity is counted.
   */
  readonly policy: OverflowPolicy;
  /**
   * request: tokens are those of one sequence, so nothing depends on others. batch: those of a step, as
   * in training, so what shares the step takes part.
   */
  readonly scope: 'request' | 'batch';
  readonly limits?: readonly ExpertLimit[];
}

/** A bound on one expert's rows over time or over a step, whoever they belong to: it depends on other traffic. */
export interface ExpertQuota {
  readonly layer: number;
  readonly expert: number;
  /** Rows per second, with a burst of one second. */
  readonly tokensPerSecond?: number;
  /** Rows in one step. */
  readonly tokensPerBatch?: number;
  /** Counts and bounds the rows of this tenant alone; left out: all rows together. */
  readonly tenant?: string;
}
