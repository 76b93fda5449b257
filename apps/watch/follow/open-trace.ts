import { SealError, type TraceSealer } from '#libs/record/seal';
import { type FollowedRequest } from '#libs/store/detection/followed-ledger';
import { decodeTrace } from '#libs/trace/codec';
import { TraceFormatError } from '#libs/trace/limits';
import { type RoutingTrace } from '#libs/trace/trace';

/** null for a trace that was left out or does not open: with a key that is gone, or damaged. */
export function openTrace({ requestId, sealedTrace }: FollowedRequest, sealer: Pick<TraceSealer, 'open'>): RoutingTrace | null {
  if (sealedTrace === null) return null;
  try {
    return decodeTrace(sealer.open(requestId, sealedTrace));
  } catch (error) {
    if (error instanceof SealError || error instanceof TraceFormatError) return null;
    throw error;
  }
}
