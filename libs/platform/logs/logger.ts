import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { type LogLevel } from '../config/config.ts';
import { readableLines } from './readable-lines.ts';

export type { Logger } from 'pino';

/** Fields that hold a secret wherever they appear, one or two levels deep. */
const SECRET_FIELDS = ['authorization', 'cookie', 'password', 'apiKey', 'adminKey', 'traceKey', 'secret'];
const REDACTED_PATHS = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Which process writes: `inference`, `pipeline`, `control` or `standalone`. */
  readonly role: string;
  /** For people at a terminal instead of machines. */
  readonly readable?: boolean;
  /** Where lines go; standard output if absent. */
  readonly destination?: DestinationStream;
}

/**
 * One JSON object a line. Prompts, answers and token ids must never be given to it: logs live
 * longer than traces and are read by more people.
 */
export function createLogger({ level, role, readable = false, destination = process.stdout }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { role },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
      // A connection string in an error message would carry its password into the logs.
      hooks: { streamWrite: (line) => line.replace(/(\b[a-z]+:\/\/[^\s:/@"]*):[^\s/@"]+@/g, '$1:[redacted]@') },
    },
    readable ? readableLines(destination) : destination,
  );
}
