import { fastify } from 'fastify';
import { isErrorWithCode } from '#libs/platform/errors/error-code';
import { type Health } from '#libs/platform/health/health';
import { addOperationRoutes } from '#libs/platform/operations/operation-routes';

/** /healthz, /readyz and /metrics of a pipeline that runs by itself. */
export async function serveOperations({ host, port }: { readonly host: string; readonly port: number }, health: Health): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = fastify();
  addOperationRoutes(server, health);
  try {
    return { url: await server.listen({ host, port }), close: () => server.close() };
  } catch (error) {
    if (!isErrorWithCode(error, 'EADDRINUSE')) throw error;
    throw new Error(`Port ${port} of ${host} is taken. Set SIGNALBOX_PIPELINE_PORT to another one.`, { cause: error });
  }
}
