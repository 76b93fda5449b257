import { type GenerateOutcome } from '#libs/runtime/engine/engine';
import { traceRows } from '#libs/trace/trace';
import { type AdmittedPrompt, type AdmittedRequest } from '../admit/admitted.ts';
import { type RequestFigures } from '../figures/request-figures.ts';
import { operationName, type RequestSpans, type ServerSpan } from '../spans/request-spans.ts';
import { type CaptureLog } from './capture-log.ts';
import { requestRecord, routingTrace } from './captured-request.ts';

/** What goes wrong here is told, never thrown: a request is not failed because its record is. */
export interface CaptureTrouble {
  captureFailed(requestId: string, error: unknown): void;
}

export interface CaptureSettings {
  readonly keepTokenIds: boolean;
  readonly nowMs: () => number;
}

/** Records how a generation ended: figures, spans and its trace. */
export class RequestCapture {
  constructor(
    private readonly log: CaptureLog,
    private readonly figures: RequestFigures,
    private readonly spans: RequestSpans,
    private readonly trouble: CaptureTrouble,
    private readonly settings: CaptureSettings,
  ) {}

  /** Resolves when the trace is as durable as promised; the last byte of the answer waits for it. */
  async record(admitted: AdmittedRequest, prompt: AdmittedPrompt, outcome: GenerateOutcome, atMs: number, parent: ServerSpan): Promise<void> {
    const { release, segment, kind } = admitted;
    const requestId = prompt.request.id;
    const durationMs = this.settings.nowMs() - atMs;
    this.figures.generation(release.model, operationName(kind), outcome, durationMs);
    this.spans.stages(parent, admitted, outcome, atMs);
    try {
      await this.spans.recording(parent, traceRows(outcome), (traceparent) => {
        const facts = { requestId, atMs, model: release.model, releaseId: release.releaseId, segment, durationMs, traceparent };
        return this.log.append(requestRecord(facts, outcome), routingTrace(outcome, release.manifest, this.settings.keepTokenIds));
      });
    } catch (error) {
      this.figures.uncaptured(release.model);
      this.trouble.captureFailed(requestId, error);
    }
  }
}
