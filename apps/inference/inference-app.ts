import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { nestLogger } from '#libs/platform/logs/nest-logger';
import { addOperationRoutes } from '#libs/platform/operations/operation-routes';
import { addRequestTelemetry } from '#libs/platform/operations/request-telemetry';
import { ANSWER_STATEMENT_MS } from '#libs/store/data-source';
import { databaseCheck } from '#libs/store/database-check';
import { StoreModule } from '#libs/store/store.module';
import { FASTIFY_LIMITS } from './api/http-limits.ts';
import { type InferenceOptions } from './inference-options.ts';
import { InferenceModule } from './inference.module.ts';

@Module({})
class InferenceRoot {}

/** The inference app alone on its own server; `listen` on it. The database must have been migrated. */
export async function createInferenceApp(options: InferenceOptions, databaseUrl: string): Promise<NestFastifyApplication> {
  const root: DynamicModule = {
    module: InferenceRoot,
    imports: [StoreModule.forRoot({ url: databaseUrl, applicationName: 'signalbox inference', statementTimeoutMs: ANSWER_STATEMENT_MS }), InferenceModule.forRoot(options)],
  };
  const adapter = new FastifyAdapter(FASTIFY_LIMITS);
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, { logger: nestLogger(options.logger), bodyParser: false, abortOnError: false });
  const server = app.getHttpAdapter().getInstance();
  options.health.set('database', databaseCheck(app.get(DataSource)), { isRequired: false });
  addRequestTelemetry(server);
  addOperationRoutes(server, options.health);
  return app;
}
