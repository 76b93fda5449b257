import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { messageOf } from '#libs/platform/errors/error-code';

const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 15_000;
/** A process that ran this long was healthy: the next failure counts as the first. */
const HEALTHY_AFTER_MS = 60_000;

/** How long to wait before the next start, doubling with each failure in a row (from 1). */
export function restartDelayMs(failuresInARow: number): number {
  return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (failuresInARow - 1));
}

export interface ChildOptions {
  /** Module to run. */
  readonly script: string;
  readonly env: NodeJS.ProcessEnv;
  /** Arguments for Node itself. */
  readonly execArgv?: readonly string[];
  /** Takes what the child sends over the IPC channel. */
  readonly onMessage?: (message: unknown) => void;
  readonly onDeath: (reason: string, delayMs: number) => void;
  /** Whether a child that ends with 0 has done its work and is left alone until it is started again. */
  readonly mayEnd?: boolean;
}

/**
 * Keeps a child process running until told to stop. The child gets an IPC channel, whose end tells
 * it that this process is gone, even after kill -9. It stands in a process group of its own: Ctrl-C
 * reaches this process alone, which then stops the child in its turn.
 */
export class ChildKeeper {
  private readonly options: ChildOptions;
  private child: ChildProcess | null = null;
  private timer: NodeJS.Timeout | null = null;
  private failures = 0;
  private isStopping = false;

  constructor(options: ChildOptions) {
    this.options = options;
  }

  get isRunning(): boolean {
    return this.child !== null;
  }

  /** Whether it died and is about to be started again. */
  get isRestarting(): boolean {
    return this.timer !== null;
  }

  /** Starts the child unless it runs or is about to. */
  ensure(): void {
    if (this.child === null && this.timer === null && !this.isStopping) this.start();
  }

  start(): void {
    this.timer = null;
    const { script, env, execArgv = [] } = this.options;
    const startedMs = performance.now();
    // Its log lines go where ours go, to standard error.
    const child = spawn(process.execPath, [...execArgv, script], { env, detached: true, stdio: ['ignore', 2, 2, 'ipc'] });
    this.child = child;
    if (this.options.onMessage) child.on('message', this.options.onMessage);
    let isOver = false;
    const over = (reason: string, isDone = false): void => {
      if (isOver) return;
      isOver = true;
      this.child = null;
      if (isDone) this.failures = 0;
      else if (!this.isStopping) this.startAgain(reason, performance.now() - startedMs);
    };
    child.once('error', (error) => over(messageOf(error)));
    child.once('exit', (code, signal) => over(signal === null ? `exit code ${code}` : `signal ${signal}`, code === 0 && this.options.mayEnd === true));
  }

  /** Sends over the IPC channel; false when there is no child to take it. */
  send(message: string): boolean {
    const { child } = this;
    if (child === null || !child.connected) return false;
    // A child that ends in this moment takes no message; its end is noticed by itself.
    child.send(message, () => undefined);
    return true;
  }

  /** Asks the child to end, and kills it when the time is over. */
  async stop(graceMs: number): Promise<void> {
    this.isStopping = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const { child } = this;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await exited;
    clearTimeout(killer);
  }

  private startAgain(reason: string, ranMs: number): void {
    this.failures = ranMs >= HEALTHY_AFTER_MS ? 1 : this.failures + 1;
    const delayMs = restartDelayMs(this.failures);
    this.options.onDeath(reason, delayMs);
    this.timer = setTimeout(() => this.start(), delayMs);
  }
}
