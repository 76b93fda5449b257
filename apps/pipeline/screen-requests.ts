import { screenRequest, type ScreeningRules } from '#libs/store/capture/screening';
import { type QuarantinedRequest } from '#libs/store/capture/trace-batch';
import { type OpenedBatch, type OpenedRequest } from './open-traces.ts';

export interface ScreenedBatch {
  readonly batchId: string;
  readonly admitted: readonly OpenedRequest[];
  readonly quarantined: readonly QuarantinedRequest[];
  /** Requests older than the retention: what may no longer be kept is only counted. */
  readonly refused: number;
}

/** Third stage: sorts out what the database would refuse or must no longer keep. */
export function screenRequests({ batchId, opened, quarantined }: OpenedBatch, rules: ScreeningRules): ScreenedBatch {
  const admitted: OpenedRequest[] = [];
  const faulty = [...quarantined];
  let refused = 0;
  for (const request of opened) {
    const reason = screenRequest(request.record, request.trace, rules);
    if (reason === null) admitted.push(request);
    else if (reason === 'older-than-retention') refused += 1;
    else faulty.push({ record: request.record, sealedTrace: request.sealedTrace, reason });
  }
  return { batchId, admitted, quarantined: faulty, refused };
}
