import { fastify } from 'fastify';
import { afterAll, expect, it } from 'vitest';
import { Health } from '../health/health.ts';
import { addOperationRoutes } from './operation-routes.ts';
import { addRequestTelemetry } from './request-telemetry.ts';

const health = new Health();
const server = fastify();
addRequestTelemetry(server);
addOperationRoutes(server, health);
server.get('/things/:id', async () => 'thing');
afterAll(() => server.close());

it('is alive, and ready only when its checks pass', async () => {
  expect((await server.inject('/healthz')).json()).toEqual({ status: 'alive' });
  expect((await server.inject('/readyz')).statusCode).toBe(200);
  health.set('database', () => ({ ok: false, detail: 'away' }));
  const unready = await server.inject('/readyz');
  expect(unready.statusCode).toBe(503);
  expect(unready.json()).toEqual({ status: 'not ready', checks: { database: { ok: false, detail: 'away', isRequired: true } } });
});

it('counts requests by route, so that paths cannot flood the metrics', async () => {
  const base = await server.listen({ port: 0, host: '127.0.0.1' });
  for (const path of ['/things/1', '/things/2', '/nowhere/1', '/nowhere/2']) await (await fetch(base + path)).text();
  const response = await fetch(`${base}/metrics`);
  expect(response.headers.get('content-type')).toContain('version=0.0.4');
  const text = await response.text();
  const count = 'http_server_request_duration_seconds_count';
  expect(text).toContain(`${count}{http_request_method="GET",http_route="/things/:id",http_response_status_code="200"} 2`);
  expect(text).toContain(`${count}{http_request_method="GET",http_route="unknown",http_response_status_code="404"} 2`);
  expect(text).not.toContain('nowhere');
});
