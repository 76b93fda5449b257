import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { type Config } from '#libs/platform/config/config';
import { createLogger } from '#libs/platform/logs/logger';
import { nestLogger } from '#libs/platform/logs/nest-logger';
import { serveRoleOperations } from '#libs/platform/operations/role-operations';
import { answerParent } from '#libs/platform/role/parent-channel';
import { readRoleSettings, stopAndExit } from '#libs/platform/role/role-process';
import { onStopSignals } from '#libs/platform/shutdown/shutdown';
import { startTracing } from '#libs/platform/telemetry/tracing';
import { applicationUrl, createDataSource, migrate } from '#libs/store/data-source';
import { databaseCheck } from '#libs/store/database-check';
import { WatchModule } from './watch.module.ts';

/** The watch role in a process of its own: alone, or as the child of a standalone Signalbox. */
async function main(config: Config, databaseUrl: string): Promise<void> {
  const logger = createLogger({ level: config.log.level, role: 'watch', readable: process.stderr.isTTY, destination: process.stderr });
  let close: (() => Promise<void>) | null = null;
  let isStopping = false;
  const stop = (why: string): void => {
    if (isStopping) return;
    isStopping = true;
    logger.info({ why }, 'stopping');
    // While it starts nothing is under way that a sudden end would harm.
    stopAndExit(logger, () => close?.() ?? Promise.resolve());
  };
  onStopSignals(stop, () => process.exit(1));
  // The parent is gone, even if it was killed: without it nobody would ever stop this process.
  if (process.channel) process.once('disconnect', () => stop('the parent process has ended'));

  const tracing = await startTracing(process.env, 'signalbox-watch');
  const schema = await createDataSource({ url: databaseUrl, poolSize: 2, applicationName: 'signalbox-watch' }).initialize();
  await migrate(schema);
  await schema.destroy();
  const module = WatchModule.forRoot({ config, databaseUrl: await applicationUrl(databaseUrl), queueUrl: databaseUrl, logger, now: Date.now });
  const app = await NestFactory.createApplicationContext(module, { logger: nestLogger(logger), abortOnError: false });
  answerParent();
  const operations = await serveRoleOperations({ host: config.http.host, port: config.watch.operationsPort, setting: 'SIGNALBOX_WATCH_PORT' }, databaseCheck(app.get(DataSource)), logger);
  close = async () => {
    await app.close();
    await operations?.close();
    await tracing.shutdown();
  };
  logger.info('the watch follows the record');
}

const { config, databaseUrl } = readRoleSettings('watch');
await main(config, databaseUrl);
