import { type Context } from '@opentelemetry/api';
import { type AnswerResult, type RequestRecord } from '#libs/contract/capture/request-record';
import { type GenerateOutcome } from '#libs/runtime/engine/engine';
import { type CapturePolicy, decideCapture } from '#libs/governance/capture-level/decide-capture';
import { traceRows } from '#libs/trace/trace';
import { unorderedTrace } from '#libs/trace/unordered';
import { type AdmittedPrompt, type AdmittedRequest } from '../admit/admitted.ts';
import { type RequestFigures } from '../figures/request-figures.ts';
import { describeOutcome, operationName, recordingSpan } from '../spans/request-spans.ts';
import { type CaptureLog } from './capture-log.ts';
import { requestRecord, routingTrace } from './captured-request.ts';

export interface CaptureSettings {
  /** What is kept of a request's trace. */
  readonly policy: CapturePolicy;
  readonly nowMs: () => number;
  /** Told of each generation that ended; the record holds no content. */
  readonly tellEnded: (record: RequestRecord) => void;
  /** Told which way each generation went. */
  readonly countWay?: (admitted: AdmittedRequest, outcome: GenerateOutcome) => void;
  /** Told when a trace could not be recorded: a request is not failed because its record is. */
  readonly tellError: (requestId: string, error: unknown) => void;
}

/** Records how a generation ended: figures, spans and its trace. */
export class RequestCapture {
  constructor(
    private readonly log: CaptureLog,
    private readonly figures: RequestFigures,
    private readonly settings: CaptureSettings,
  ) {}

  /** Resolves when the trace is as durable as promised; the last byte of the answer waits for it. Never rejects. */
  async record(admitted: AdmittedRequest, prompt: AdmittedPrompt, outcome: GenerateOutcome, atMs: number, parent: Context, answerCheck: AnswerResult | null = null): Promise<void> {
    const { release, labels, segment, rules, kind, isPinned, degraded } = admitted;
    const requestId = prompt.request.id;
    const durationMs = this.settings.nowMs() - atMs;
    this.figures.generation(release.model, operationName(kind), outcome, durationMs);
    if (outcome.overflow) this.figures.overflowed(release.model, release.manifest.routing.capacity?.policy ?? 'reroute', outcome.overflow);
    this.settings.countWay?.(admitted, outcome);
    describeOutcome(parent, admitted, outcome, atMs);
    try {
      await recordingSpan(parent, traceRows(outcome), (traceparent) => {
        const facts = { requestId, atMs, model: release.model, releaseId: release.releaseId, segment, rules, durationMs, traceparent, isPinned, degraded, answerCheck };
        const kept = decideCapture(this.settings.policy, { requestId, model: release.model, dataClass: labels.dataClass });
        this.figures.captured(release.model, kept);
        const record = requestRecord({ ...facts, noTrace: kept.keeps === 'aggregate' ? kept.reason : null }, outcome);
        this.settings.tellEnded(record);
        return this.log.append(record, () => {
          const trace = routingTrace(outcome, release.manifest, kept.keeps === 'full');
          return kept.keeps === 'aggregate' ? unorderedTrace(trace) : trace;
        });
      });
    } catch (error) {
      this.figures.unrecorded(release.model);
      this.settings.tellError(requestId, error);
    }
  }
}
