import { context, propagation, ROOT_CONTEXT, SpanStatusCode, trace, type Attributes, type Context, type Link, type Span, type SpanKind } from '@opentelemetry/api';
import { messageOf } from '../errors/error-code.ts';

export interface Tracing {
  readonly exporting: boolean;
  /** Sends what is still held back. */
  shutdown(): Promise<void>;
}

/** The standard variables that ask for traces. */
const ASKING_VARIABLES = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_TRACES_EXPORTER', 'OTEL_CONFIG_FILE'];

/**
 * Starts the export of traces if the standard OTEL_* variables ask for it; otherwise loads
 * nothing, and every span below costs next to nothing. Call before the first request.
 */
export async function startTracing(env: Readonly<Record<string, string | undefined>>, serviceName: string): Promise<Tracing> {
  const isAsked = ASKING_VARIABLES.some((name) => (env[name] ?? '') !== '') && env['OTEL_TRACES_EXPORTER'] !== 'none' && env['OTEL_SDK_DISABLED'] !== 'true';
  if (!isAsked) return { exporting: false, shutdown: async () => undefined };
  const { startNodeSdk } = await import('@opentelemetry/sdk-node');
  const sdk = startNodeSdk({
    // Metrics are scraped from /metrics and logs are lines: only traces are sent.
    metricReaders: [],
    logRecordProcessors: [],
    ...(env['OTEL_SERVICE_NAME'] ? {} : { resourceAttributes: { 'service.name': serviceName } }),
  });
  return { exporting: true, shutdown: () => sdk.shutdown() };
}

export interface SpanOptions {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** Traceparent of the work that led to this one, from another process; null or absent: the current span. */
  readonly traceparent?: string | null;
  /** Traceparents of other work that this one is done for, too. */
  readonly links?: readonly string[];
}

/** Runs work inside a new span, which ends with it and records its failure. */
export async function withSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const parent = options.traceparent ? remoteContext({ traceparent: options.traceparent }) : context.active();
  const span = startSpan(name, options, parent);
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span));
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
    throw error;
  } finally {
    span.end();
  }
}

/** A span that the caller ends. */
export function startSpan(name: string, { kind, attributes, links = [] }: SpanOptions, parent: Context = context.active()): Span {
  return trace.getTracer('signalbox').startSpan(name, { kind, attributes, links: links.flatMap(linkTo) }, parent);
}

function linkTo(traceparent: string): Link[] {
  const linked = trace.getSpanContext(remoteContext({ traceparent }));
  return linked === undefined ? [] : [{ context: linked }];
}

/** The context a caller sent along, from W3C headers. */
export function remoteContext(headers: Readonly<Record<string, unknown>>): Context {
  return propagation.extract(ROOT_CONTEXT, headers);
}

/** What a job must carry so that its trace goes on elsewhere; null while no traces are exported. */
export function currentTraceparent(): string | null {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent ?? null;
}
