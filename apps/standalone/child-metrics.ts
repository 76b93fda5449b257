import { mergeExpositions } from '#libs/platform/telemetry/merge-expositions';
import { isMetricsAnswer, METRICS_QUESTION } from '#libs/platform/role/parent-channel';

/** A scrape is not held up for longer by a child that is busy or being started again. */
const ANSWER_LIMIT_MS = 1000;

/** A child process as this needs it. */
export interface ChildLine {
  /** False when there is no child to take it. */
  send(message: string): boolean;
}

export interface ChildMetricsOptions {
  /** Value of the label `process` on each series of the child. */
  readonly process: string;
  readonly limitMs?: number;
}

/** Asks a child for its metrics at each scrape and puts them behind our own. */
export class ChildMetrics {
  private waiting: ((metrics: string | null) => void)[] = [];

  constructor(
    private readonly line: ChildLine,
    private readonly options: ChildMetricsOptions,
  ) {}

  /** Takes what the child sends. */
  receive(message: unknown): void {
    if (isMetricsAnswer(message)) this.settle(message.metrics);
  }

  /** @param own text of this process and those before; also the result where the child does not answer in time */
  async after(own: string): Promise<string> {
    const metrics = await this.ask();
    return metrics === null ? own : mergeExpositions(own, metrics, { name: 'process', value: this.options.process });
  }

  /** Scrapes at the same time share a question. */
  private async ask(): Promise<string | null> {
    const isFirst = this.waiting.length === 0;
    const { promise, resolve } = Promise.withResolvers<string | null>();
    this.waiting.push(resolve);
    const timer = setTimeout(() => resolve(null), this.options.limitMs ?? ANSWER_LIMIT_MS);
    if (isFirst && !this.line.send(METRICS_QUESTION)) this.settle(null);
    const metrics = await promise;
    clearTimeout(timer);
    this.waiting = this.waiting.filter((each) => each !== resolve);
    return metrics;
  }

  private settle(metrics: string | null): void {
    for (const resolve of this.waiting.splice(0)) resolve(metrics);
  }
}
