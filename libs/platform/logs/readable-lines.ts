import { type DestinationStream } from 'pino';
import colors from 'picocolors';

const COLOURS: Readonly<Record<string, (text: string) => string>> = {
  warn: colors.yellow,
  error: colors.red,
  fatal: colors.red,
  debug: colors.dim,
  trace: colors.dim,
};

interface Line {
  readonly time?: string;
  readonly level?: string;
  readonly msg?: string;
  readonly err?: { readonly stack?: string };
}

/** Turns JSON lines into short ones for a terminal: time, level where it matters, message, the cause of an error. */
export function readableLines(destination: DestinationStream): DestinationStream {
  return {
    write: (json) => {
      const line = JSON.parse(json) as Line;
      const paint = COLOURS[line.level ?? ''] ?? ((text: string) => text);
      const level = line.level === undefined || line.level === 'info' ? '' : `${line.level}: `;
      const stack = line.err?.stack === undefined ? '' : `\n${line.err.stack}`;
      destination.write(`${colors.dim((line.time ?? '').slice(11, 19))} ${paint(`${level}${line.msg ?? ''}${stack}`)}\n`);
    },
  };
}
