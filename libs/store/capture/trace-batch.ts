import { type CapturedRequest } from '#libs/contract/capture/request-record';
import { type UsageDelta } from '../usage/roll-up.ts';

export interface TraceToWrite extends CapturedRequest {
  /** Rows of the trace: tokens that ran through the model. */
  readonly routedTokens: number;
}

export interface QuarantinedRequest {
  readonly requestId: string;
  readonly atMs: number;
  /** A name in kebab case. */
  readonly reason: string;
  /** The sealed bytes as they came. */
  readonly bytes: Uint8Array;
}

/** One batch, ready to be written: screened (see screenRequest) and aggregated. */
export interface TraceBatch {
  readonly batchId: string;
  readonly writtenAtMs: number;
  readonly traces: readonly TraceToWrite[];
  /** What exactly `traces` add up to. */
  readonly usage: readonly UsageDelta[];
  readonly quarantined: readonly QuarantinedRequest[];
}
