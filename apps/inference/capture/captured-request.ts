import { type AnswerResult, type AppliedRules, type NoTraceReason, type RequestRecord, type Segment } from '#libs/contract/capture/request-record';
import { type GenerateOutcome } from '#libs/runtime/engine/engine';
import { type ReleaseManifest } from '#libs/runtime/engine/release-source';
import { type DegradedWay } from '../admit/admitted.ts';
import { type FlaggedDecision, type RoutingTrace } from '#libs/trace/trace';

/** What a record tells besides the outcome. */
export interface RecordFacts {
  readonly requestId: string;
  readonly atMs: number;
  readonly model: string;
  readonly releaseId: string;
  readonly segment: Segment;
  readonly rules: AppliedRules | null;
  readonly durationMs: number;
  readonly traceparent: string | null;
  readonly isPinned: boolean;
  readonly degraded: DegradedWay | null;
  /** null: its answers were free, or there is none. */
  readonly answerCheck: AnswerResult | null;
  /** null: its trace is kept. */
  readonly noTrace: NoTraceReason | null;
}

export function requestRecord({ isPinned, degraded, answerCheck, noTrace, ...facts }: RecordFacts, outcome: GenerateOutcome): RequestRecord {
  return {
    ...facts,
    ...(isPinned && { pinned: true as const }),
    ...(degraded && { degraded: degraded.path === 'dense' ? { path: degraded.path, askedModel: degraded.insteadOf.model } : { path: degraded.path } }),
    ...(answerCheck && { answerCheck }),
    ...(noTrace && { noTrace }),
    status: outcome.status,
    promptTokens: outcome.promptTokens,
    completionTokens: outcome.completionTokens,
    queueWaitMs: outcome.timing.queueWaitMs,
    timeToFirstTokenMs: outcome.timing.timeToFirstTokenMs,
  };
}

/** @param keepTokenIds whether the text can be read back from the trace */
export function routingTrace(outcome: GenerateOutcome, manifest: Pick<ReleaseManifest, 'shape' | 'routing'>, keepTokenIds: boolean): RoutingTrace {
  return {
    layers: manifest.shape.layers,
    experts: manifest.shape.experts,
    topK: manifest.routing.topK,
    promptRows: outcome.promptRows,
    choiceRows: outcome.choiceRows,
    tokenIds: keepTokenIds ? outcome.tokenIds : null,
    expertIds: outcome.expertIds,
    gates: outcome.gates,
    flagged: flaggedDecisions(outcome, manifest.shape.layers),
  };
}

function flaggedDecisions({ flagged }: GenerateOutcome, layers: number): FlaggedDecision[] {
  if (flagged === null) return [];
  return Array.from(flagged.positions, (position, at) => ({ row: Math.floor(position / layers), layer: position % layers, flags: flagged.flags[at] ?? 0 }));
}
