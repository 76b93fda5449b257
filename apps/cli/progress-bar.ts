import { SingleBar } from 'cli-progress';
import { type Terminal } from './terminal.ts';

export interface ProgressBar {
  update(done: number, total: number, label: string): void;
  stop(): void;
}

/** A bar on standard error; where that is no terminal, a line each time the label changes. */
export function progressBar(terminal: Pick<Terminal, 'note' | 'colors'>, isTty: boolean, unit: (count: number) => string): ProgressBar {
  if (!isTty) {
    let last = '';
    return {
      update: (done, total, label) => {
        if (label !== last) terminal.note(total > 0 ? `${label} (${unit(done)} of ${unit(total)})` : label);
        last = label;
      },
      stop: () => undefined,
    };
  }
  const bar = new SingleBar({
    format: '{bar} {percentage}%  {progress}  {label}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    hideCursor: true,
    // Ctrl-C is ours: the command still has to cancel what runs.
    gracefulExit: false,
    stream: process.stderr,
  });
  bar.start(1, 0, { label: '', progress: '' });
  return {
    update: (done, total, label) => {
      bar.setTotal(Math.max(1, total));
      bar.update(done, { label, progress: `${unit(done)} of ${unit(total)}` });
    },
    stop: () => bar.stop(),
  };
}
