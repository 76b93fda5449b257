import { SpanKind, SpanStatusCode, trace, type Context, type Span, type Tracer } from '@opentelemetry/api';
import { type GenerateOutcome } from '#libs/runtime/engine/engine';
import { type AdmittedRequest } from '../admit/admitted.ts';
import { formatTraceparent, incomingContext } from './traceparent.ts';

/** Span of one HTTP request, and the context for what happens within. */
export interface ServerSpan {
  readonly span: Span;
  readonly context: Context;
}

/** The spans of a request: HTTP server, moe.queue, moe.prefill, moe.decode and moe.record. */
export class RequestSpans {
  constructor(private readonly tracer: Tracer) {}

  server(method: string, route: string, path: string, traceparent: string | undefined, atMs: number): ServerSpan {
    const parent = incomingContext(traceparent);
    const span = this.tracer.startSpan(
      `${method} ${route}`,
      { kind: SpanKind.SERVER, startTime: atMs, attributes: { 'http.request.method': method, 'http.route': route, 'url.path': path } },
      parent,
    );
    return { span, context: trace.setSpan(parent, span) };
  }

  /** Tells what the request asks for; names and counts, never text. */
  admitted({ span }: ServerSpan, admitted: AdmittedRequest): void {
    const { release, requestId, kind, segment, prompts } = admitted;
    const first = prompts[0]?.request;
    span.setAttributes({
      'gen_ai.operation.name': operationName(kind),
      'gen_ai.request.model': release.model,
      'gen_ai.response.model': release.model,
      'gen_ai.response.id': requestId,
      'gen_ai.request.choice.count': admitted.choices,
      'moe.release': release.releaseId,
      'moe.prompts': prompts.length,
      'moe.segment.tenant': segment.tenant,
      'moe.segment.task': segment.task,
      'moe.segment.language': segment.language,
    });
    if (first) {
      span.setAttributes({
        'gen_ai.request.max_tokens': first.maxTokens,
        'gen_ai.request.temperature': first.sampling.temperature,
        'gen_ai.request.top_p': first.sampling.topP,
        'gen_ai.request.seed': first.sampling.seed,
      });
    }
  }

  /** Writes the engine's stages after the fact, from the outcome's timing. */
  stages(parent: ServerSpan, admitted: AdmittedRequest, outcome: GenerateOutcome, startedMs: number): void {
    const { timing } = outcome;
    const { shape, routing } = admitted.release.manifest;
    const stage = (name: string, fromMs: number, durationMs: number, tokens: number): number => {
      const attributes = { 'gen_ai.request.model': admitted.release.model, 'moe.release': admitted.release.releaseId, 'moe.tokens': tokens, 'moe.layers': shape.layers, 'moe.top_k': routing.topK };
      const span = this.tracer.startSpan(name, { startTime: fromMs, attributes }, parent.context);
      if (outcome.status === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(fromMs + durationMs);
      return fromMs + durationMs;
    };
    const prefillMs = stage('moe.queue', startedMs, timing.queueWaitMs, outcome.promptTokens);
    const decodeMs = stage('moe.prefill', prefillMs, timing.prefillMs, outcome.promptTokens);
    stage('moe.decode', decodeMs, timing.decodeMs, outcome.completionTokens);
    parent.span.setAttributes({
      'gen_ai.usage.input_tokens': outcome.promptTokens,
      'gen_ai.usage.output_tokens': outcome.completionTokens,
      'moe.status': outcome.status,
    });
  }

  /** Runs the recording within its span; `record` gets that span's traceparent. */
  async recording<T>(parent: ServerSpan, rows: number, record: (traceparent: string | null) => Promise<T>): Promise<T> {
    const span = this.tracer.startSpan('moe.record', { attributes: { 'moe.rows': rows } }, parent.context);
    try {
      return await record(formatTraceparent(span.spanContext()));
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  }

  end({ span }: ServerSpan, status: number, endMs: number): void {
    span.setAttribute('http.response.status_code', status);
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(endMs);
  }
}

/** GenAI semantic conventions' name of the operation. */
export function operationName(kind: AdmittedRequest['kind']): string {
  return kind === 'chat' ? 'chat' : 'text_completion';
}
