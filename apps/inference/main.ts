import 'reflect-metadata';
import { ConfigError, loadConfig, type Config } from '#libs/platform/config/config';
import { Health } from '#libs/platform/health/health';
import { prepareHome } from '#libs/platform/home/home';
import { createLogger } from '#libs/platform/logs/logger';
import { onStopSignals } from '#libs/platform/shutdown/shutdown';
import { startTracing } from '#libs/platform/telemetry/tracing';
import { connectCaptureQueue } from '#libs/queue/connect';
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
  const app = await createInferenceApp({ config, logger, health: new Health(), producer }, databaseUrl);
  const stop = async (): Promise<void> => {
    await app.close();
    await producer.close();
    await tracing.shutdown();
  };
  onStopSignals(
    (signal) => {
      logger.info({ signal }, 'stopping');
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.fatal({ err: error }, 'did not stop cleanly');
          process.exit(1);
        },
      );
    },
    () => process.exit(1),
  );
  await app.listen({ host: config.http.host, port: config.http.port });
  logger.info({ url: await app.getUrl() }, 'inference is ready');
}

function readConfig(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}

const config = readConfig();
if (config.database.url === null) {
  process.stderr.write('DATABASE_URL is missing: the inference role alone starts no PostgreSQL. Give it one, or use `npm start`.\n');
  process.exit(2);
}
await main(config, config.database.url);
