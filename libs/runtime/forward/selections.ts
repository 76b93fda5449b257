import { DECISION_FLAGS } from '#libs/trace/trace';

/** Selections of a step: expertIds and gates are [row][layer][k]. */
export interface Selections {
  readonly expertIds: Uint16Array;
  /** As recorded: before the release's scale. */
  readonly gates: Float32Array;
  /** As applied to the experts' outputs; the same array as `gates` where the release has no scale. */
  readonly applied: Float32Array;
  /** [row][layer]: DECISION_FLAGS; null until a decision of the step may carry one, so that plain steps pay nothing. */
  flags: Uint8Array | null;
  /** [row][layer]: gates of dropped selections; null until there is one. */
  lostMass: Float32Array | null;
  /** [row][layer]: selections whose expert was full; null until there is one. */
  overflow: Uint16Array | null;
}

/** Bits of the decisions whose ranks with gate 0 no expert serves. */
export const EMPTY_RANKS = DECISION_FLAGS.dropped | DECISION_FLAGS.fallback;
