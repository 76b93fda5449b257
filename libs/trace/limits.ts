/** Limits of the trace format. The decoder checks them before it allocates anything. */
export const TRACE_LIMITS = {
  layers: 1024,
  experts: 65_536,
  topK: 256,
  choices: 1024,
  rows: 16_777_216,
  selections: 67_108_864,
  tokenId: 16_777_215,
} as const;

export type TraceFormatReason =
  | 'bad-magic'
  | 'unknown-version'
  | 'truncated'
  | 'trailing-bytes'
  | 'over-limit'
  | 'expert-out-of-range'
  | 'malformed'
  | 'bad-gate'
  | 'bad-shape';

/** A trace that cannot be written, or bytes that are no trace; `reason` says why, for code. */
export class TraceFormatError extends Error {
  override readonly name = 'TraceFormatError';
  readonly reason: TraceFormatReason;

  constructor(reason: TraceFormatReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Gates are stored in units of 1/255. */
export const GATE_UNITS = 255;

/** How far from 1 a decision's gates may sum and still count as normalised. */
export const NORMALISED_TOLERANCE = 1e-3;

/** Gate in units of 1/255, rounded to nearest. The gate must lie in [0, 1]. */
export function gateUnits(gate: number): number {
  return (gate * GATE_UNITS + 0.5) | 0;
}
