import { type CaptureDecision } from '#libs/governance/capture-level/decide-capture';
import { type OverflowPolicy } from '#libs/moe/capacity/capacity-settings';
import { type GenerateOutcome, type LayerOverflow } from '#libs/runtime/engine/engine';
import { type Meter } from '@opentelemetry/api';

const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/**
 * Metrics of generations. Labels are served models, operations and statuses alone, so their number
 * is bounded whatever clients send.
 */
export class RequestFigures {
  readonly #duration;
  readonly #firstToken;
  readonly #queueWait;
  readonly #tokens;
  readonly #cachedTokens;
  readonly #generations;
  readonly #unrecorded;
  readonly #captured;
  readonly #degraded;
  readonly #overflow;
  readonly #lostMass;

  constructor(meter: Meter) {
    const seconds = (name: string, description: string) =>
      meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries: SECONDS_BUCKETS } });
    this.#duration = seconds('gen_ai.server.request.duration', 'From admission to the end of a generation.');
    this.#firstToken = seconds('gen_ai.server.time_to_first_token', 'From submission to the first token.');
    this.#queueWait = seconds('signalbox.queue.wait', 'Time that generations waited for a place in the engine.');
    this.#tokens = meter.createCounter('signalbox.tokens', { description: 'Tokens of generations, by type: input or output.' });
    this.#cachedTokens = meter.createCounter('signalbox.prefix.cached.tokens', { description: 'Tokens of prompts that did not run again, as a prompt before began with them.' });
    this.#generations = meter.createCounter('signalbox.generations', { description: 'Generations, by how they ended.' });
    this.#overflow = meter.createCounter('signalbox.capacity.overflow', { description: 'Selections whose expert was full, by layer and what the release does with them.' });
    this.#lostMass = meter.createCounter('signalbox.lost.gate.mass', { description: 'Gates of selections that no expert served, by layer; a decision has about 1 in all.' });
    this.#degraded = meter.createCounter('signalbox.degraded.decisions', { description: 'Routing decisions whose selected experts were unavailable, by what served instead.' });
    this.#captured = meter.createCounter('signalbox.capture.decisions', { description: 'Generations by what is kept of their trace (full, routes, or aggregate: only their part of the usage sums) and why.' });
    this.#unrecorded = meter.createCounter('signalbox.traces.lost', { description: 'Generations whose trace could not be recorded.' });
  }

  generation(model: string, operation: string, outcome: GenerateOutcome, durationMs: number): void {
    const labels = { model, operation };
    const { timing, promptTokens, completionTokens, status } = outcome;
    this.#duration.record(durationMs / 1000, labels);
    this.#queueWait.record(timing.queueWaitMs / 1000, labels);
    if (timing.timeToFirstTokenMs !== null) this.#firstToken.record(timing.timeToFirstTokenMs / 1000, labels);
    this.#tokens.add(promptTokens, { model, type: 'input' });
    this.#tokens.add(completionTokens, { model, type: 'output' });
    if (outcome.cachedTokens) this.#cachedTokens.add(outcome.cachedTokens, { model });
    this.#generations.add(1, { ...labels, status });
    const { degraded } = outcome;
    if (!degraded) return;
    this.#degraded.add(degraded.renormalised, { model, rung: 'renormalise' });
    this.#degraded.add(degraded.nextBest, { model, rung: 'next-best' });
    this.#degraded.add(degraded.generalist, { model, rung: 'generalist' });
  }

  /** What is kept of its trace. */
  captured(model: string, { keeps, reason }: CaptureDecision): void {
    this.#captured.add(1, { model, keeps, reason });
  }

  /** What found its expert full. @param policy what the release does then */
  overflowed(model: string, policy: OverflowPolicy, overflow: readonly LayerOverflow[]): void {
    for (const { layer, selections, lostGateMass } of overflow) {
      if (selections > 0) this.#overflow.add(selections, { model, layer, policy });
      if (lostGateMass > 0) this.#lostMass.add(lostGateMass, { model, layer });
    }
  }

  unrecorded(model: string): void {
    this.#unrecorded.add(1, { model });
  }
}
