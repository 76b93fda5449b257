import { type Config } from '#libs/platform/config/config';
import { type Logger } from '#libs/platform/logs/logger';

export const WATCH_OPTIONS = Symbol('WatchOptions');

/** What the parts of the watch need of the outside. */
export interface WatchOptions {
  readonly config: Config;
  /** Role that may write what the application may, and no more. */
  readonly databaseUrl: string;
  /** Role that may prepare and use the tables of a queue. */
  readonly queueUrl: string;
  readonly logger: Logger;
  readonly now: () => number;
}
