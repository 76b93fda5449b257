import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { type Config } from '#libs/platform/config/config';
import { signalboxVersion } from '#libs/platform/config/version';
import { Health } from '#libs/platform/health/health';
import { cutOffConnections } from '#libs/platform/http/cut-off-connections';
import { SERVER_LIMITS } from '#libs/platform/http/server-limits';
import { prepareHome } from '#libs/platform/home/home';
import { loadTraceKey } from '#libs/platform/home/trace-key';
import { createLogger } from '#libs/platform/logs/logger';
import { nestLogger } from '#libs/platform/logs/nest-logger';
import { addOperationRoutes } from '#libs/platform/operations/operation-routes';
import { addRequestTelemetry } from '#libs/platform/operations/request-telemetry';
import { readRoleSettings, stopOnSignals } from '#libs/platform/role/role-process';
import { startTracing } from '#libs/platform/telemetry/tracing';
import { ANSWER_STATEMENT_MS, createDataSource, migrate, protect } from '#libs/store/data-source';
import { Accounts } from '#libs/store/accounts/accounts';
import { actingAs, describeProtection } from '#libs/store/audit/audit-roles';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { databaseCheck } from '#libs/store/database-check';
import { StoreModule } from '#libs/store/store.module';
import { CheckpointKeeper } from './audit/checkpoint-keeper.ts';
import { auditOptions } from './audit/stored-audit.ts';
import { ControlModule } from './control.module.ts';
import { houseSettings } from './house/house-settings.ts';
import { ensureFirstAccount, ensureFirstKey } from './keys/first-key.ts';
import { receiverOptions } from './receivers/receiver-parts.ts';
import { storedControlPorts } from './stored-ports.ts';

/** For answers under way when the server stops. */
const CONNECTION_GRACE_MS = 2000;

/** The control role in a process of its own. PostgreSQL is another's here, so it must be named. */
async function main(config: Config, databaseUrl: string): Promise<void> {
  const tracing = await startTracing(process.env, 'signalbox-control');
  const logger = createLogger({ level: config.log.level, role: 'control', readable: process.stdout.isTTY });
  for (const warning of config.warnings) logger.warn(warning);
  prepareHome(config.home);
  const schema = await createDataSource({ url: databaseUrl, poolSize: 2, applicationName: 'signalbox control' }).initialize();
  await migrate(schema);
  const protection = await protect(schema);
  if (protection.kind === 'triggers-only') logger.warn(describeProtection(protection));
  const ports = { keys: new ApiKeys(schema), accounts: new Accounts(schema) };
  if (config.auth.adminKey !== null) await ensureFirstKey(ports, config.auth.adminKey, Date.now());
  // One made here would have to be shown, and a log is no place for a key.
  else if (!(await ensureFirstAccount(ports, Date.now()))) logger.warn('there is no API key yet: set SIGNALBOX_ADMIN_KEY, and it is stored at the next start');
  await schema.destroy();
  const settings = { access: config.access, house: houseSettings(config), minRequests: config.privacy.minRequests, retentionDays: config.capture.retentionDays, version: signalboxVersion(), rolloutIntervalMs: config.rollouts.intervalMs, now: Date.now };
  const controlPorts = storedControlPorts({ settings, home: config.home, traceKey: loadTraceKey(config.home, config.capture.traceKey), olderTraceKeys: config.capture.olderTraceKeys, receivers: receiverOptions(config), audit: auditOptions(config) });
  const root = {
    module: ControlRoot,
    imports: [StoreModule.forRoot({ url: actingAs(databaseUrl, protection), applicationName: 'signalbox control', statementTimeoutMs: ANSWER_STATEMENT_MS }), ControlModule.over(controlPorts)],
  };
  const app = await NestFactory.create<NestFastifyApplication>(root, new FastifyAdapter(SERVER_LIMITS), { logger: nestLogger(logger), abortOnError: false });
  const server = app.getHttpAdapter().getInstance();
  addRequestTelemetry(server);
  const health = new Health();
  health.set('database', databaseCheck(app.get(DataSource)));
  health.set('audit tables', () => ({ ok: true, detail: describeProtection(protection) }), { isRequired: false });
  health.set('audit', () => app.get(CheckpointKeeper).check(), { isRequired: false });
  addOperationRoutes(server, health);
  const stop = async (): Promise<void> => {
    cutOffConnections(app.getHttpServer(), CONNECTION_GRACE_MS);
    await app.close();
    await tracing.shutdown();
  };
  stopOnSignals(logger, stop);
  await app.listen({ host: config.http.host, port: config.http.port });
  logger.info({ url: await app.getUrl() }, 'control is ready');
}

class ControlRoot {}

const { config, databaseUrl } = readRoleSettings('control');
await main(config, databaseUrl);
