import { type CapturedRequest, type RequestRecord } from '#libs/contract/capture/request-record';
import { encodeTrace } from '#libs/trace/codec';
import { type RoutingTrace } from '#libs/trace/trace';

/** Takes what a request routed; resolves when it is as durable as the server promises. */
export interface CaptureLog {
  /** @param traceOf makes the trace; not called where none is taken */
  append(record: RequestRecord, traceOf: () => RoutingTrace): Promise<void>;
}

export interface PackedTraceSealer {
  seal(requestId: string, packedTrace: Uint8Array): Uint8Array;
}

export interface CaptureSpool {
  append(captured: CapturedRequest): Promise<void>;
}

/** Packs and seals a trace, then writes it to the spool. */
export class SpoolingCaptureLog implements CaptureLog {
  constructor(
    private readonly sealer: PackedTraceSealer,
    private readonly spool: CaptureSpool,
  ) {}

  append(record: RequestRecord, traceOf: () => RoutingTrace): Promise<void> {
    return this.spool.append({ record, sealedTrace: this.sealer.seal(record.requestId, encodeTrace(traceOf())) });
  }
}

/** Capture is switched off. */
export class NoCaptureLog implements CaptureLog {
  async append(): Promise<void> {}
}
