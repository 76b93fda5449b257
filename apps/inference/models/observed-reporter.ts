import { type InferenceProcess, type ObservedActivations, type ObservedModel } from '#libs/store/activation/observed-activations';

/** Rows of processes that were silent for longer are deleted. */
const GONE_AFTER_MS = 3_600_000;
const SWEEP_EVERY_MS = 60_000;

/** Tells the store what this process serves: when it changes, and that it lives. */
export class ObservedReporter {
  #told: string | null = null;
  #running: Promise<void> = Promise.resolve();
  #sweptAtMs = 0;
  #stopped = false;

  constructor(
    private readonly store: Pick<ObservedActivations, 'report' | 'touch' | 'remove' | 'sweep'>,
    private readonly process: InferenceProcess,
    private readonly observed: () => readonly ObservedModel[],
    private readonly nowMs: () => number,
  ) {}

  /** One report at a time, in order. @throws what the store throws */
  report(): Promise<void> {
    const run = this.#running.catch(() => undefined).then(() => this.#report());
    this.#running = run;
    return run;
  }

  /** The process ends in order: it is not unreachable, it is gone. */
  async leave(): Promise<void> {
    this.#stopped = true;
    await this.#running.catch(() => undefined);
    await this.store.remove(this.process.id);
  }

  async #report(): Promise<void> {
    if (this.#stopped) return;
    const nowMs = this.nowMs();
    const models = this.observed();
    const text = JSON.stringify(models);
    if (text !== this.#told || !(await this.store.touch(this.process.id, nowMs))) {
      this.#told = null;
      await this.store.report(this.process, models, nowMs);
      this.#told = text;
    }
    if (nowMs - this.#sweptAtMs < SWEEP_EVERY_MS) return;
    this.#sweptAtMs = nowMs;
    await this.store.sweep(nowMs - GONE_AFTER_MS);
  }
}
