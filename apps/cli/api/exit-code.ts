/** Exit codes of `signalbox`; `signalbox --help` lists them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  refused: 4,
  notFound: 5,
  interrupted: 130,
} as const;

export const EXIT_HELP = `
Exit codes:
  0    done
  1    the server or the operation failed
  2    the command line or a value is wrong
  3    no server answers at the URL
  4    the key is missing, not valid or lacks a scope
  5    what was asked for is not there
  130  stopped by Ctrl-C

Environment:
  SIGNALBOX_URL      where Signalbox serves (default http://127.0.0.1:7070)
  SIGNALBOX_API_KEY  the key; the first start of Signalbox prints one, once
  NO_COLOR           no colours`;

/** An end that the user is told of in one sentence, with its exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
