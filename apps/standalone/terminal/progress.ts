import { Presets, SingleBar } from 'cli-progress';
import colors from 'picocolors';

const PLAIN_STEPS = 4;

export interface Bar {
  /** Progress so far and in all, in any one unit. */
  update(done: number, total: number): void;
  stop(): void;
}

/** What the start shows of itself: a line for each step, redrawn on a terminal, plain elsewhere. */
export class Progress {
  private readonly output: NodeJS.WriteStream;
  private readonly now: () => number;

  constructor(output: NodeJS.WriteStream, now: () => number = () => performance.now()) {
    this.output = output;
    this.now = now;
  }

  line(text = ''): void {
    this.output.write(`${text}\n`);
  }

  /** Shows a step while it runs, then what it gave and how long it took. */
  async step<T>(name: string, work: () => Promise<T>, describe: (result: T) => string): Promise<T> {
    const startedMs = this.now();
    if (this.output.isTTY) this.output.write(`  ${name} ...`);
    try {
      const result = await work();
      this.end(colors.green('✓'), name, `${describe(result)} ${colors.dim(`(${((this.now() - startedMs) / 1000).toFixed(1)} s)`)}`);
      return result;
    } catch (error) {
      this.end(colors.red('✗'), name, 'failed');
      throw error;
    }
  }

  /** A bar on a terminal, else a line each quarter. */
  bar(name: string): Bar {
    if (!this.output.isTTY) return plainBar(name, (text) => this.line(text));
    const format = `  ${name} {bar} {percentage}%`;
    const bar = new SingleBar({ format, stream: this.output, clearOnComplete: true, hideCursor: true, barsize: 30 }, Presets.shades_classic);
    bar.start(1, 0);
    return {
      update: (done, total) => {
        bar.setTotal(Math.max(total, 1));
        bar.update(done);
      },
      stop: () => bar.stop(),
    };
  }

  private end(mark: string, name: string, outcome: string): void {
    const start = this.output.isTTY ? '\r\u001b[K' : '';
    this.output.write(`${start}${mark} ${name.padEnd(12)} ${outcome}\n`);
  }
}

function plainBar(name: string, line: (text: string) => void): Bar {
  let shown = 0;
  return {
    update: (done, total) => {
      const reached = total === 0 ? 0 : Math.floor((done / total) * PLAIN_STEPS);
      if (reached <= shown) return;
      shown = reached;
      line(`  ${name} ${Math.round((reached / PLAIN_STEPS) * 100)}%`);
    },
    stop: () => undefined,
  };
}
