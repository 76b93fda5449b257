import { type Config, ConfigError, loadConfig } from '../config/config.ts';
import { type Logger } from '../logs/logger.ts';
import { onStopSignals } from '../shutdown/shutdown.ts';

/** Exit code for settings that have to be changed first, as shells use it for wrong usage. */
const WRONG_SETTINGS = 2;

export interface RoleSettings {
  readonly config: Config;
  readonly databaseUrl: string;
}

/** Settings of a role that runs by itself; ends the process with the remedy where they are wrong. */
export function readRoleSettings(role: string): RoleSettings {
  try {
    const config = loadConfig(process.env);
    if (config.database.url !== null) return { config, databaseUrl: config.database.url };
    return refuse(`DATABASE_URL is missing: the ${role} role alone starts no PostgreSQL. Give it one, or use \`npm start\`.`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return refuse(error.message);
  }
}

function refuse(remedy: string): never {
  process.stderr.write(`${remedy}\n`);
  process.exit(WRONG_SETTINGS);
}

/** Ends the process after `stop`: with 0, or with 1 when it fails. */
export function stopAndExit(logger: Logger, stop: () => Promise<void>): void {
  stop().then(
    () => process.exit(0),
    (error: unknown) => {
      logger.fatal({ err: error }, 'did not stop cleanly');
      process.exit(1);
    },
  );
}

/** Stops at the first SIGTERM or SIGINT; a second one ends the process at once. */
export function stopOnSignals(logger: Logger, stop: () => Promise<void>): void {
  onStopSignals(
    (signal) => {
      logger.info({ signal }, 'stopping');
      stopAndExit(logger, stop);
    },
    () => process.exit(1),
  );
}
