import { setTimeout as delay } from 'node:timers/promises';

export interface ShutdownStep {
  readonly name: string;
  /** The step's share of the budget; when it is over, the next step begins. */
  readonly maxMs: number;
  readonly stop: (graceMs: number) => Promise<void>;
}

export interface StepOutcome {
  readonly name: string;
  readonly result: 'done' | 'failed' | 'timed-out';
  readonly error?: unknown;
}

export interface ShutdownOptions {
  /** For all steps together. */
  readonly budgetMs: number;
  readonly onStep: (outcome: StepOutcome) => void;
}

/**
 * Stops what was started, last started first, within a budget. A step that fails or hangs does not
 * keep the later ones from running: the database must be stopped even if a client hangs.
 */
export class Shutdown {
  private readonly steps: ShutdownStep[] = [];
  private running: Promise<readonly StepOutcome[]> | null = null;
  private readonly options: ShutdownOptions;

  constructor(options: ShutdownOptions) {
    this.options = options;
  }

  get isStopping(): boolean {
    return this.running !== null;
  }

  /** Call once something has started. */
  defer(name: string, maxMs: number, stop: ShutdownStep['stop']): void {
    this.steps.push({ name, maxMs, stop });
  }

  /** Runs the steps; a second call waits for the first. */
  run(): Promise<readonly StepOutcome[]> {
    this.running ??= this.runSteps();
    return this.running;
  }

  private async runSteps(): Promise<readonly StepOutcome[]> {
    const deadlineMs = performance.now() + this.options.budgetMs;
    const outcomes: StepOutcome[] = [];
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      const outcome = await runStep(step, Math.max(0, Math.min(step.maxMs, deadlineMs - performance.now())));
      this.options.onStep(outcome);
      outcomes.push(outcome);
    }
    return outcomes;
  }
}

async function runStep({ name, stop }: ShutdownStep, graceMs: number): Promise<StepOutcome> {
  const timer = new AbortController();
  const tooLate = delay(graceMs, 'timed-out' as const, { signal: timer.signal }).catch(() => 'timed-out' as const);
  try {
    const result = await Promise.race([stop(graceMs).then(() => 'done' as const), tooLate]);
    return { name, result };
  } catch (error) {
    return { name, result: 'failed', error };
  } finally {
    timer.abort();
  }
}

/** Ctrl-C arrives twice within milliseconds under npm: from the terminal and passed on by npm. */
const SAME_WISH_MS = 1000;

/**
 * Calls `stop` at the first SIGTERM or SIGINT and `force` at a second that is not the same wish.
 * @param now - clock, in milliseconds
 * @returns how to take it back
 */
export function onStopSignals(
  stop: (signal: NodeJS.Signals) => void,
  force: (signal: NodeJS.Signals) => void,
  now: () => number = () => performance.now(),
): () => void {
  let firstMs: number | null = null;
  const listener = (signal: NodeJS.Signals): void => {
    if (firstMs === null) {
      firstMs = now();
      stop(signal);
    } else if (now() - firstMs >= SAME_WISH_MS) force(signal);
  };
  const signals = ['SIGTERM', 'SIGINT'] as const;
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}
