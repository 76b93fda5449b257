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
import { connectCaptureQueue } from '#libs/queue/connect';
import { createDataSource, migrate } from '#libs/store/data-source';
import { databaseCheck } from '#libs/store/database-check';
import { PipelineModule } from './pipeline.module.ts';

/** The pipeline role in a process of its own: alone, or as the child of a standalone Signalbox. */
async function main(config: Config, databaseUrl: string): Promise<void> {
  const logger = createLogger({ level: config.log.level, role: 'pipeline', readable: process.stderr.isTTY, destination: process.stderr });
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

  const tracing = await startTracing(process.env, 'signalbox-pipeline');
  const schema = await createDataSource({ url: databaseUrl, poolSize: 2, applicationName: 'signalbox-pipeline' }).initialize();
  await migrate(schema);
  await schema.destroy();
  const queue = connectCaptureQueue({ databaseUrl, redisUrl: config.queue.redisUrl });
  await queue.prepare();
  const module = PipelineModule.forRoot({ config, databaseUrl, queue, logger, now: Date.now });
  const app = await NestFactory.createApplicationContext(module, { logger: nestLogger(logger), abortOnError: false });
  answerParent();
  const operations = await serveRoleOperations({ host: config.http.host, port: config.pipeline.operationsPort, setting: 'SIGNALBOX_PIPELINE_PORT' }, databaseCheck(app.get(DataSource)), logger);
  close = async () => {
    await app.close();
    await operations?.close();
    await tracing.shutdown();
  };
  logger.info('the pipeline takes batches');
}

const { config, databaseUrl } = readRoleSettings('pipeline');
await main(config, databaseUrl);
