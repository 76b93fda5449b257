import { renderMetrics } from '../telemetry/metrics.ts';

/** A standalone Signalbox asks its pipeline for its metrics with this message over the IPC channel. */
export const METRICS_QUESTION = 'metrics?';

export interface MetricsAnswer {
  /** Text format of Prometheus. */
  readonly metrics: string;
}

export function isMetricsAnswer(message: unknown): message is MetricsAnswer {
  return typeof message === 'object' && message !== null && 'metrics' in message && typeof message.metrics === 'string';
}

/** Answers the parent's questions; does nothing in a process that has no parent to answer. */
export function answerParent(): void {
  if (!process.channel) return;
  process.on('message', (message) => {
    if (message === METRICS_QUESTION) void answer();
  });
}

async function answer(): Promise<void> {
  const told: MetricsAnswer = { metrics: await renderMetrics() };
  // The parent may be gone by now; then the end of the channel stops this process.
  if (process.connected) process.send?.(told, () => undefined);
}
