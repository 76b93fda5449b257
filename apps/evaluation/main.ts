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
import { RunClaims } from '#libs/store/evaluation/run-claims';
import { ASSAYS } from './assays.ts';
import { untilIdle } from './end-when-idle.ts';
import { EvaluationModule } from './evaluation.module.ts';
import { giveWay } from './low-priority.ts';

/** The evaluation role in a process of its own: alone, or as the child of a standalone Signalbox, which ends by itself when there is nothing to do. */
async function main(config: Config, databaseUrl: string): Promise<void> {
  const unset = giveWay();
  const logger = createLogger({ level: config.log.level, role: 'evaluation', readable: process.stderr.isTTY, destination: process.stderr });
  if (unset !== null) logger.warn({ err: unset }, 'the priority could not be lowered: evaluation runs compete with serving');
  const stopping = new AbortController();
  let close: (() => Promise<void>) | null = null;
  const stop = (why: string): void => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    logger.info({ why }, 'stopping');
    // While it starts nothing is under way that a sudden end would harm.
    stopAndExit(logger, () => close?.() ?? Promise.resolve());
  };
  onStopSignals(stop, () => process.exit(1));
  const isChild = process.channel !== undefined && process.channel !== null;
  // The parent is gone, even if it was killed: without it nobody would ever stop this process.
  if (isChild) process.once('disconnect', () => stop('the parent process has ended'));

  const tracing = await startTracing(process.env, 'signalbox-evaluation');
  const schema = await createDataSource({ url: databaseUrl, poolSize: 2, applicationName: 'signalbox-evaluation' }).initialize();
  await migrate(schema);
  await schema.destroy();
  const module = EvaluationModule.forRoot({ config, databaseUrl: await applicationUrl(databaseUrl), queueUrl: databaseUrl, assays: ASSAYS, logger, now: Date.now });
  const app = await NestFactory.createApplicationContext(module, { logger: nestLogger(logger), abortOnError: false });
  answerParent();
  const operations = await serveRoleOperations({ host: config.http.host, port: config.evaluation.operationsPort, setting: 'SIGNALBOX_EVALUATION_PORT' }, databaseCheck(app.get(DataSource)), logger);
  close = async () => {
    await app.close();
    await operations?.close();
    await tracing.shutdown();
  };
  logger.info('evaluation runs are taken');
  if (!isChild) return;
  await untilIdle(app.get(RunClaims), config.evaluation.idleMs, stopping.signal);
  stop('there is nothing to do');
}

const { config, databaseUrl } = readRoleSettings('evaluation');
await main(config, databaseUrl);
