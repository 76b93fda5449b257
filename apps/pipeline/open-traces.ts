import { type CapturedRequest } from '#libs/contract/capture/request-record';
import { SealError, type TraceSealer } from '#libs/record/seal';
import { decodeTrace } from '#libs/trace/codec';
import { TraceFormatError } from '#libs/trace/limits';
import { type RoutingTrace } from '#libs/trace/trace';
import { type QuarantinedRequest } from '#libs/store/capture/trace-batch';
import { type CapturedBatch } from './read-batch.ts';

export interface OpenedRequest extends CapturedRequest {
  readonly trace: RoutingTrace;
}

export interface OpenedBatch {
  readonly batchId: string;
  readonly opened: readonly OpenedRequest[];
  /** Those that cannot be opened: they must not keep the others from the database. */
  readonly quarantined: readonly QuarantinedRequest[];
}

/** Second stage: opens and decodes each trace. */
export function openTraces({ batchId, captured }: CapturedBatch, sealer: Pick<TraceSealer, 'open'>): OpenedBatch {
  const opened: OpenedRequest[] = [];
  const quarantined: QuarantinedRequest[] = [];
  for (const request of captured) {
    const result = openTrace(request, sealer);
    if (typeof result === 'string') quarantined.push({ ...request, reason: result });
    else opened.push({ ...request, trace: result });
  }
  return { batchId, opened, quarantined };
}

/** The trace, or the reason why there is none. */
function openTrace({ record, sealedTrace }: CapturedRequest, sealer: Pick<TraceSealer, 'open'>): RoutingTrace | string {
  try {
    return decodeTrace(sealer.open(record.requestId, sealedTrace));
  } catch (error) {
    if (error instanceof SealError) return `seal-${error.reason}`;
    if (error instanceof TraceFormatError) return `trace-${error.reason}`;
    throw error;
  }
}
