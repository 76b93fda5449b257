import { type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type Config } from '../config/config.ts';
import { type Check } from '../health/health.ts';
import { createLogger, type Logger } from '../logs/logger.ts';
import { nestLogger } from '../logs/nest-logger.ts';
import { serveRoleOperations } from '../operations/role-operations.ts';
import { onStopSignals } from '../shutdown/shutdown.ts';
import { startTracing } from '../telemetry/tracing.ts';
import { answerParent } from './parent-channel.ts';
import { stopAndExit } from './role-process.ts';

/** A role that answers no requests but those for its health. */
export interface Role {
  readonly name: 'pipeline' | 'watch' | 'evaluation';
  /** Prepares what the role stands on, and names its module. */
  readonly open: (logger: Logger) => Promise<DynamicModule>;
  readonly check: (app: INestApplicationContext) => Check;
  /** Where its health is served. */
  readonly operations: { readonly port: number | null; readonly setting: string };
  /** Said in the log when it works. */
  readonly ready: string;
}

export interface RunningRole {
  readonly app: INestApplicationContext;
  /** Aborted as the role stops. */
  readonly stopping: AbortSignal;
  readonly stop: (why: string) => void;
}

/** Runs a role in a process of its own until a signal, or the end of the parent that started it. */
export async function runRole({ log, http }: Pick<Config, 'log' | 'http'>, { name, open, check, operations: address, ready }: Role): Promise<RunningRole> {
  const logger = createLogger({ level: log.level, role: name, readable: process.stderr.isTTY, destination: process.stderr });
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
  // The parent is gone, even if it was killed: without it nobody would ever stop this process.
  if (process.channel) process.once('disconnect', () => stop('the parent process has ended'));

  const tracing = await startTracing(process.env, `signalbox-${name}`);
  const app = await NestFactory.createApplicationContext(await open(logger), { logger: nestLogger(logger), abortOnError: false });
  answerParent();
  const operations = await serveRoleOperations({ host: http.host, ...address }, check(app), logger);
  close = async () => {
    await app.close();
    await operations?.close();
    await tracing.shutdown();
  };
  logger.info(ready);
  return { app, stopping: stopping.signal, stop };
}
