import 'reflect-metadata';
import { type Config } from '#libs/platform/config/config';
import { Health } from '#libs/platform/health/health';
import { prepareHome } from '#libs/platform/home/home';
import { createLogger } from '#libs/platform/logs/logger';
import { readRoleSettings, stopOnSignals } from '#libs/platform/role/role-process';
import { startTracing } from '#libs/platform/telemetry/tracing';
import { connectCaptureQueue } from '#libs/queue/connect';
import { applicationUrl } from '#libs/store/data-source';
import { createInferenceApp } from './inference-app.ts';

/** The inference role in a process of its own. PostgreSQL is another's here, so it must be named. */
async function main(config: Config, databaseUrl: string): Promise<void> {
  const tracing = await startTracing(process.env, 'signalbox-inference');
  const logger = createLogger({ level: config.log.level, role: 'inference', readable: process.stdout.isTTY });
  for (const warning of config.warnings) logger.warn(warning);
  prepareHome(config.home);
  const queue = connectCaptureQueue({ databaseUrl, redisUrl: config.queue.redisUrl });
  await queue.prepare();
  const producer = queue.producer();
  const app = await createInferenceApp({ config, logger, health: new Health(), producer }, await applicationUrl(databaseUrl));
  const stop = async (): Promise<void> => {
    await app.close();
    await producer.close();
    await tracing.shutdown();
  };
  stopOnSignals(logger, stop);
  await app.listen({ host: config.http.host, port: config.http.port });
  logger.info({ url: await app.getUrl() }, 'inference is ready');
}

const { config, databaseUrl } = readRoleSettings('inference');
await main(config, databaseUrl);
