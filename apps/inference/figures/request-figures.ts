import { type Attributes, type Counter, type Histogram, type Meter } from '@opentelemetry/api';
import { type GenerateOutcome } from '#libs/runtime/engine/engine';

const SECONDS_BOUNDARIES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/**
 * Request metrics. Labels are routes, statuses and served models alone, so their number is bounded
 * whatever clients send.
 */
export class RequestFigures {
  readonly #httpDuration: Histogram;
  readonly #duration: Histogram;
  readonly #firstToken: Histogram;
  readonly #queueWait: Histogram;
  readonly #tokens: Counter;
  readonly #generations: Counter;
  readonly #uncaptured: Counter;

  constructor(meter: Meter) {
    const seconds = (name: string, description: string): Histogram =>
      meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries: SECONDS_BOUNDARIES } });
    this.#httpDuration = seconds('http.server.request.duration', 'Duration of HTTP requests, from the head to the last byte.');
    this.#duration = seconds('gen_ai.server.request.duration', 'Duration of generations, the wait in the queue included.');
    this.#firstToken = seconds('gen_ai.server.time_to_first_token', 'Time from admission to the first token.');
    this.#queueWait = seconds('signalbox.queue.wait', 'Time that generations waited for a place in the engine.');
    this.#tokens = meter.createCounter('signalbox.tokens', { unit: '{token}', description: 'Tokens by type: input or output.' });
    this.#generations = meter.createCounter('signalbox.generations', { description: 'Generations by how they ended.' });
    this.#uncaptured = meter.createCounter('signalbox.capture.lost', { description: 'Generations whose trace could not be recorded.' });
  }

  http(route: string, method: string, status: number, durationMs: number): void {
    this.#httpDuration.record(durationMs / 1000, {
      'http.route': route,
      'http.request.method': method,
      'http.response.status_code': status,
    });
  }

  generation(model: string, operation: string, outcome: GenerateOutcome, durationMs: number): void {
    const labels: Attributes = { 'gen_ai.request.model': model, 'gen_ai.operation.name': operation };
    const { timing, promptTokens, completionTokens, status } = outcome;
    this.#duration.record(durationMs / 1000, labels);
    this.#queueWait.record(timing.queueWaitMs / 1000, labels);
    if (timing.timeToFirstTokenMs !== null) this.#firstToken.record(timing.timeToFirstTokenMs / 1000, labels);
    this.#tokens.add(promptTokens, { ...labels, 'gen_ai.token.type': 'input' });
    this.#tokens.add(completionTokens, { ...labels, 'gen_ai.token.type': 'output' });
    this.#generations.add(1, { ...labels, status });
  }

  uncaptured(model: string): void {
    this.#uncaptured.add(1, { 'gen_ai.request.model': model });
  }
}
