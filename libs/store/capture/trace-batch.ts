import { type CapturedRequest } from '#libs/contract/capture/request-record';
import { type UsageDelta } from '../usage/roll-up.ts';

export interface TraceToWrite extends CapturedRequest {
  /** Rows of the trace: tokens that ran through the model. */
  readonly routedTokens: number;
  /** Bits of DECISION_FLAGS that any decision of it carries. */
  readonly flags: number;
}

/** A request that cannot be counted, kept as it came so that it can be looked into. */
export interface QuarantinedRequest extends CapturedRequest {
  /** A name in kebab case. */
  readonly reason: string;
}

/** One batch, ready to be written: screened (see screenRequest) and aggregated. */
export interface TraceBatch {
  readonly batchId: string;
  readonly writtenAtMs: number;
  readonly traces: readonly TraceToWrite[];
  /** What exactly `traces` add up to, without those that were pinned. */
  readonly usage: readonly UsageDelta[];
  readonly quarantined: readonly QuarantinedRequest[];
  /** Requests that came too late to be kept: only their number is. */
  readonly refused: number;
}
