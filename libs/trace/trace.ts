/**
 * Why a routing decision is not the plain top-k. Stored as one byte; 0 never occurs.
 * dropped: an expert was full and nobody took its place. rerouted: another expert took it. masked: a
 * rule forbade an expert. fallback: fewer experts than topK served, or others than the router would
 * have taken. unavailable: an expert was quarantined or failing. generalist: the generalist path served.
 */
export const DECISION_FLAGS = { dropped: 1, rerouted: 2, masked: 4, fallback: 8, unavailable: 16, generalist: 32 } as const;
export type DecisionFlag = keyof typeof DECISION_FLAGS;

/** Names of the flags in some bits, in the order of DECISION_FLAGS. */
export function flagNames(bits: number): DecisionFlag[] {
  return (Object.keys(DECISION_FLAGS) as DecisionFlag[]).filter((name) => (bits & DECISION_FLAGS[name]) !== 0);
}

/** A decision that carries flags: bits of DECISION_FLAGS, at a row and a layer of the trace. */
export interface FlaggedDecision {
  readonly row: number;
  readonly layer: number;
  readonly flags: number;
}

/**
 * All routing decisions of one request. A row is one token that ran through the model: first the
 * prompt's tokens once, then each choice's tokens in order of choice. The last sampled token of a
 * choice never runs, so it has no row.
 */
export interface RoutingTrace {
  readonly layers: number;
  readonly experts: number;
  readonly topK: number;
  readonly promptRows: number;
  /** Rows of each choice, in order of choice. */
  readonly choiceRows: readonly number[];
  /** Token id of each row, or null where the capture level leaves token ids out. */
  readonly tokenIds: Uint32Array | null;
  /** Selected experts, [row][layer][k], by descending gate. */
  readonly expertIds: Uint16Array;
  /** Gate weights as applied to the experts' outputs, same shape as expertIds. */
  readonly gates: Float32Array;
  readonly flagged: readonly FlaggedDecision[];
}

/** Number of rows in a trace: tokens that ran through the model. */
export function traceRows(trace: Pick<RoutingTrace, 'promptRows' | 'choiceRows'>): number {
  return trace.choiceRows.reduce((sum, rows) => sum + rows, trace.promptRows);
}

/** Bits of DECISION_FLAGS that any decision of a trace carries. */
export function flagsOf(trace: Pick<RoutingTrace, 'flagged'>): number {
  return trace.flagged.reduce((bits, { flags }) => bits | flags, 0);
}
