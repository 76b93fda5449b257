import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { type FastifyInstance } from 'fastify';
import { counter, histogram } from '../telemetry/metrics.ts';
import { remoteContext, startSpan } from '../telemetry/tracing.ts';

/** Asked for every few seconds by machines; spans of them would drown the others. */
const UNTRACED_ROUTES = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * A span and two metrics for each HTTP request, labelled with its route and not its path, which
 * anyone could make endless. The span lasts until the connection is done with the answer, so
 * streamed and broken-off answers count in full.
 */
export function addRequestTelemetry(server: FastifyInstance): void {
  const requests = counter('signalbox_http_requests_total', 'HTTP requests by route, method and status.');
  const durations = histogram('signalbox_http_request_duration_seconds', 'From the head of an HTTP request to the end of its answer.');
  server.addHook('onRequest', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    const startedMs = performance.now();
    const attributes = { 'http.request.method': request.method, 'http.route': route };
    const parent = remoteContext(request.headers);
    const span = UNTRACED_ROUTES.has(route) ? null : startSpan(`${request.method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent);
    reply.raw.once('close', () => {
      const status = reply.raw.writableFinished ? reply.raw.statusCode : 499;
      requests.add(1, { route, method: request.method, status });
      durations.record((performance.now() - startedMs) / 1000, { route, method: request.method });
      span?.setAttribute('http.response.status_code', status);
      if (status >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
      span?.end();
    });
    // Called inside the context, so that all that follows of this request runs in its span.
    if (span === null) done();
    else context.with(trace.setSpan(parent, span), done);
  });
}
