import { mergeExpositions } from '#libs/platform/telemetry/merge-expositions';
import { isMetricsAnswer, METRICS_QUESTION } from '../pipeline/parent-channel.ts';

/** A scrape is not held up for longer by a pipeline that is busy or being started again. */
const ANSWER_LIMIT_MS = 1000;
const LABEL = { name: 'process', value: 'pipeline' };

/** The child process as this needs it. */
export interface PipelineLine {
  /** False when there is no child to take it. */
  send(message: string): boolean;
}

/** Asks the pipeline for its metrics at each scrape and puts them behind our own. */
export class PipelineMetrics {
  private waiting: ((metrics: string | null) => void)[] = [];

  constructor(
    private readonly line: PipelineLine,
    private readonly limitMs: number = ANSWER_LIMIT_MS,
  ) {}

  /** Takes what the child sends. */
  receive(message: unknown): void {
    if (isMetricsAnswer(message)) this.settle(message.metrics);
  }

  /** @param own text of this process; also the result where the pipeline does not answer in time */
  async after(own: string): Promise<string> {
    const metrics = await this.ask();
    return metrics === null ? own : mergeExpositions(own, metrics, LABEL);
  }

  /** Scrapes at the same time share a question. */
  private async ask(): Promise<string | null> {
    const isFirst = this.waiting.length === 0;
    const { promise, resolve } = Promise.withResolvers<string | null>();
    this.waiting.push(resolve);
    const timer = setTimeout(() => resolve(null), this.limitMs);
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
