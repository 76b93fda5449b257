import { type MatrixStyle } from './render/matrix.ts';

/** What commands see of the process: everything they print, read or are stopped by. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Now; a window can be resized. */
  readonly columns: number;
  readonly rows: number;
  /** Whether standard output is a terminal. */
  readonly isTty: boolean;
  readonly colors: MatrixStyle['colors'];
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Folder against which paths of the command line are resolved. */
  readonly workingDir: string;
  print(text: string): void;
  /** For what is not the result, such as progress; goes to standard error. */
  note(text: string): void;
}
