import { type FastifyInstance } from 'fastify';
import { type Health } from '../health/health.ts';
import { METRICS_CONTENT_TYPE, renderMetrics } from '../telemetry/metrics.ts';

/**
 * What operators' tools ask of every process, without a key: GET /healthz (it runs), /readyz (it
 * can do its work, or 503 and why not) and /metrics (for Prometheus; bounded, and nothing by request).
 * @param metrics text of /metrics, where it is more than that of this process
 */
export function addOperationRoutes(server: FastifyInstance, health: Health, metrics: () => Promise<string> = renderMetrics): void {
  server.get('/healthz', async () => ({ status: 'alive' }));
  server.get('/readyz', async (_request, reply) => {
    const { ready, checks } = await health.readiness();
    return reply.status(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', checks });
  });
  server.get('/metrics', async (_request, reply) => reply.type(METRICS_CONTENT_TYPE).send(await metrics()));
}
