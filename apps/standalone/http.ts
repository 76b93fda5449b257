import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { isErrorWithCode } from '#libs/platform/errors/error-code';
import { nestLogger } from '#libs/platform/logs/nest-logger';
import { addOperationRoutes } from '#libs/platform/operations/operation-routes';
import { addRequestTelemetry } from '#libs/platform/operations/request-telemetry';
import { databaseCheck } from '#libs/store/database-check';
import { CheckpointKeeper } from '../control/audit/checkpoint-keeper.ts';
import { FASTIFY_LIMITS } from '../inference/api/http-limits.ts';
import { type HttpOptions } from './http-options.ts';
import { StandaloneModule } from './standalone.module.ts';

/** Running requests may take 20 s to end, then the last traces are handed over. */
const STOP_MS = 24_500;

/** One HTTP server for /v1, /api/v1 and the operators' routes. Resolves when it listens and can answer. */
export async function startHttp(options: HttpOptions): Promise<{ readonly url: string; readonly dataSource: DataSource }> {
  const { config, health, logger, shutdown, metrics } = options;
  const app = await NestFactory.create<NestFastifyApplication>(StandaloneModule.over(options), new FastifyAdapter(FASTIFY_LIMITS), {
    logger: nestLogger(logger),
    abortOnError: false,
  });
  const fastify = app.getHttpAdapter().getInstance();
  // Serving goes on without the database: keys are remembered and traces wait in the spool.
  health.set('database', databaseCheck(app.get(DataSource)), { isRequired: false });
  health.set('audit', () => app.get(CheckpointKeeper).check(), { isRequired: false });
  addRequestTelemetry(fastify);
  addOperationRoutes(fastify, health, metrics);
  shutdown.defer('HTTP server', STOP_MS, () => app.close());
  try {
    await app.listen(config.http.port, config.http.host);
  } catch (error) {
    if (!isErrorWithCode(error, 'EADDRINUSE')) throw error;
    throw new Error(`Port ${config.http.port} of ${config.http.host} is taken. Set SIGNALBOX_PORT to another one, or stop what uses it.`, { cause: error });
  }
  return { url: (await app.getUrl()).replace('[::1]', 'localhost'), dataSource: app.get(DataSource) };
}
