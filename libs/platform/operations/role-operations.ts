import { type Check, Health } from '../health/health.ts';
import { type Logger } from '../logs/logger.ts';
import { serveOperations } from './serve-operations.ts';

interface RoleAddress {
  readonly host: string;
  /** null: none is asked for, as in a standalone Signalbox. */
  readonly port: number | null;
  /** Environment variable that names the port, for the remedy. */
  readonly setting: string;
}

/** Health and metrics of a role in a process of its own, ready while its database answers. Null where no port is asked for. */
export async function serveRoleOperations({ host, port, setting }: RoleAddress, database: Check, logger: Logger): Promise<{ close(): Promise<void> } | null> {
  if (port === null) return null;
  const health = new Health();
  health.set('database', database);
  const operations = await serveOperations({ host, port, setting }, health);
  logger.info({ url: operations.url }, 'health and metrics');
  return operations;
}
