import { CliError, EXIT } from '../api/exit-code.ts';
import { pause } from '../pause.ts';
import { type Terminal } from '../terminal.ts';

const ERASE_SCREEN = '\u001b[2J';
const HOME = '\u001b[H';
const ERASE_LINE_END = '\u001b[K';
const ERASE_BELOW = '\u001b[J';

/**
 * Draws again and again in place until Ctrl-C; into a file, one drawing after the other. A server that
 * is away for a while does not end it; a wrong key or field does.
 */
export async function watch(draw: () => Promise<string>, everyMs: number, terminal: Terminal): Promise<void> {
  for (let isFirst = true; ; isFirst = false) {
    const text = await draw().catch(passing);
    terminal.print(terminal.isTty ? `${isFirst ? ERASE_SCREEN : ''}${screen(text, everyMs, terminal.rows)}` : text);
    await pause(everyMs, terminal.signal);
  }
}

function passing(error: unknown): string {
  const isPassing = error instanceof CliError && (error.exitCode === EXIT.unreachable || error.exitCode === EXIT.failed);
  if (!isPassing) throw error;
  return `${error.message}\nTrying again.`;
}

/** A drawing over the one before. What the screen does not hold is left out, as it would scroll away what is above. */
function screen(text: string, everyMs: number, rows: number): string {
  const lines = text.split('\n');
  const room = Math.max(1, rows - 3);
  const shown = lines.length <= room ? lines : [...lines.slice(0, room), `... ${lines.length - room} more lines: choose one with --layer, or a taller window.`];
  const ends = `Every ${everyMs / 1000} s. Ctrl-C ends it.`;
  return `${HOME}${[...shown, ends].map((line) => line + ERASE_LINE_END).join('\n')}${ERASE_BELOW}`;
}
