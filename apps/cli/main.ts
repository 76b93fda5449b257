import colors from 'picocolors';
import { onStopSignals } from '#libs/platform/shutdown/shutdown';
import { EXIT } from './api/exit-code.ts';
import { runCli } from './program.ts';

const controller = new AbortController();
// A second Ctrl-C ends at once, should cancelling hang.
onStopSignals(
  () => controller.abort(),
  () => process.exit(EXIT.interrupted),
);
// A reader that goes away, such as head, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  get columns() {
    return process.stdout.columns ?? 80;
  },
  get rows() {
    return process.stdout.rows ?? 24;
  },
  isTty: process.stdout.isTTY,
  // Plain where NO_COLOR is set or standard output is no terminal.
  colors,
  signal: controller.signal,
  // npm runs scripts in the project's folder, and says where it was called.
  workingDir: process.env['INIT_CWD'] ?? process.cwd(),
  print: (text) => process.stdout.write(`${text}\n`),
  note: (text) => process.stderr.write(`${text}\n`),
});
