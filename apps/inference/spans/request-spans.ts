import { context as activeContext, SpanStatusCode, trace, type Context } from '@opentelemetry/api';
import { type Usage } from '#libs/contract/openai/response';
import { type GenerateOutcome } from '#libs/runtime/engine/engine';
import {
  GEN_AI_OPERATION_NAME,
  GEN_AI_REQUEST_CHOICE_COUNT,
  GEN_AI_REQUEST_MAX_TOKENS,
  GEN_AI_REQUEST_MODEL,
  GEN_AI_REQUEST_TEMPERATURE,
  GEN_AI_REQUEST_TOP_P,
  GEN_AI_RESPONSE_FINISH_REASONS,
  GEN_AI_RESPONSE_ID,
  GEN_AI_RESPONSE_MODEL,
  GEN_AI_USAGE_INPUT_TOKENS,
  GEN_AI_USAGE_OUTPUT_TOKENS,
} from '#libs/platform/telemetry/gen-ai-attributes';
import { MOE_EXPERTS, MOE_LAYERS, MOE_QUEUE_WAIT_SECONDS, MOE_RELEASE_ID, MOE_ROUTED_ROWS, MOE_TOP_K } from '#libs/platform/telemetry/moe-attributes';
import { startSpan } from '#libs/platform/telemetry/tracing';
import { type AdmittedRequest } from '../admit/admitted.ts';
import { formatTraceparent, incomingContext } from './traceparent.ts';

/** The context that a request runs in: the HTTP server's span, else the caller's, where there is one. */
export function requestContext(traceparent: string | undefined): Context {
  const active = activeContext.active();
  return trace.getSpanContext(active) ? active : incomingContext(traceparent);
}

/** Tells the server's span what the request asks for: names and counts, never text. */
export function describeAdmitted(parent: Context, admitted: AdmittedRequest): void {
  const span = trace.getSpan(parent);
  const first = admitted.prompts[0]?.request;
  if (!span?.isRecording() || !first) return;
  const { release, segment } = admitted;
  span.setAttributes({
    [GEN_AI_OPERATION_NAME]: operationName(admitted.kind),
    [GEN_AI_REQUEST_MODEL]: release.model,
    [GEN_AI_RESPONSE_MODEL]: release.model,
    [GEN_AI_RESPONSE_ID]: admitted.requestId,
    [GEN_AI_REQUEST_CHOICE_COUNT]: admitted.choices,
    [GEN_AI_REQUEST_MAX_TOKENS]: first.maxTokens,
    [GEN_AI_REQUEST_TEMPERATURE]: first.sampling.temperature,
    [GEN_AI_REQUEST_TOP_P]: first.sampling.topP,
    [MOE_RELEASE_ID]: release.releaseId,
    'moe.segment.tenant': segment.tenant,
    'moe.segment.task': segment.task,
    'moe.segment.language': segment.language,
  });
}

/** Writes the engine's stages after the fact, from the outcome's timing: moe.queue, moe.prefill, moe.decode. */
export function describeOutcome(parent: Context, admitted: AdmittedRequest, outcome: GenerateOutcome, startedMs: number): void {
  const { timing } = outcome;
  const { manifest, releaseId, model } = admitted.release;
  const shared = {
    [GEN_AI_REQUEST_MODEL]: model,
    [MOE_RELEASE_ID]: releaseId,
    [MOE_LAYERS]: manifest.shape.layers,
    [MOE_EXPERTS]: manifest.shape.experts,
    [MOE_TOP_K]: manifest.routing.topK,
  };
  const answerRows = outcome.choiceRows.reduce((sum, rows) => sum + rows, 0);
  let atMs = startedMs;
  const stages = [
    ['moe.queue', timing.queueWaitMs, { [MOE_QUEUE_WAIT_SECONDS]: timing.queueWaitMs / 1000 }],
    ['moe.prefill', timing.prefillMs, { [GEN_AI_USAGE_INPUT_TOKENS]: outcome.promptTokens, [MOE_ROUTED_ROWS]: outcome.promptRows }],
    ['moe.decode', timing.decodeMs, { [GEN_AI_USAGE_OUTPUT_TOKENS]: outcome.completionTokens, [MOE_ROUTED_ROWS]: answerRows }],
  ] as const;
  for (const [name, durationMs, own] of stages) {
    const span = trace.getTracer('signalbox').startSpan(name, { startTime: atMs, attributes: { ...shared, ...own } }, parent);
    if (outcome.status === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
    atMs += durationMs;
    span.end(atMs);
  }
}

/** Tells the server's span what the answer came to. */
export function describeAnswer(parent: Context, usage: Usage, finishReasons: readonly string[]): void {
  trace.getSpan(parent)?.setAttributes({
    [GEN_AI_USAGE_INPUT_TOKENS]: usage.prompt_tokens,
    [GEN_AI_USAGE_OUTPUT_TOKENS]: usage.completion_tokens,
    [GEN_AI_RESPONSE_FINISH_REASONS]: [...finishReasons],
  });
}

/** Runs a recording within the span moe.record; `record` gets that span's traceparent. */
export async function recordingSpan(parent: Context, rows: number, record: (traceparent: string | null) => Promise<void>): Promise<void> {
  const span = startSpan('moe.record', { attributes: { [MOE_ROUTED_ROWS]: rows } }, parent);
  try {
    await record(formatTraceparent(span.spanContext()));
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

/** GenAI semantic conventions' name of the operation. */
export function operationName(kind: AdmittedRequest['kind']): string {
  return kind === 'chat' ? 'chat' : 'text_completion';
}
