import { fastify } from 'fastify';
import { isErrorWithCode } from '../errors/error-code.ts';
import { type Health } from '../health/health.ts';
import { addOperationRoutes } from './operation-routes.ts';

export interface OperationsAddress {
  readonly host: string;
  readonly port: number;
  /** Environment variable that names the port, for the remedy. */
  readonly setting: string;
}

/** /healthz, /readyz and /metrics of a role that answers no other HTTP. */
export async function serveOperations({ host, port, setting }: OperationsAddress, health: Health): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = fastify();
  addOperationRoutes(server, health);
  try {
    return { url: await server.listen({ host, port }), close: () => server.close() };
  } catch (error) {
    if (!isErrorWithCode(error, 'EADDRINUSE')) throw error;
    throw new Error(`Port ${port} of ${host} is taken. Set ${setting} to another one.`, { cause: error });
  }
}
