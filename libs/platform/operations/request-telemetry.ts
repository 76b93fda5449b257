import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { type FastifyInstance } from 'fastify';
import { meter, SECONDS_BUCKETS } from '../telemetry/metrics.ts';
import { remoteContext, startSpan } from '../telemetry/tracing.ts';

/** Asked for every few seconds by machines; spans of them would drown the others. */
const UNTRACED_ROUTES = new Set(['/healthz', '/readyz', '/metrics']);

/** Status of a request whose client went before the answer was complete. */
const CLIENT_GONE = 499;

/**
 * A span and a duration for each HTTP request, labelled with its route and not its path, which
 * anyone could make endless. Both last until the connection is done with the answer.
 */
export function addRequestTelemetry(server: FastifyInstance): void {
  const durations = meter('signalbox.http').createHistogram('http.server.request.duration', {
    unit: 's',
    description: 'Duration of HTTP requests, from the head to the last byte.',
    advice: { explicitBucketBoundaries: SECONDS_BUCKETS },
  });
  server.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    const startedMs = performance.now();
    const attributes = { 'http.request.method': request.method, 'http.route': route };
    const parent = remoteContext(request.headers);
    const span = UNTRACED_ROUTES.has(route) ? null : startSpan(`${request.method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent);
    reply.raw.once('close', () => {
      const status = reply.raw.writableFinished ? reply.raw.statusCode : CLIENT_GONE;
      durations.record((performance.now() - startedMs) / 1000, { ...attributes, 'http.response.status_code': status });
      span?.setAttribute('http.response.status_code', status);
      if (status >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
      span?.end();
    });
    // Called inside the context, so that all that follows of this request runs in its span.
    if (span === null) return done();
    return context.with(trace.setSpan(parent, span), done);
  });
}
