import { type BatchObservableResult } from '@opentelemetry/api';
import { measureExpertLoads } from '#libs/detection/windows/expert-load';
import { maxViolation } from '#libs/stats/balance';
import { estimateEntropy } from '#libs/stats/entropy-estimate';
import { clusteredOf } from '#libs/detection/windows/window-finding';
import { meter, SECONDS_BUCKETS } from '#libs/platform/telemetry/metrics';
import { type MeasuredLayer } from './layer-readings.ts';
import { type MeasuredRound } from './measure-round.ts';

/** Busiest and idlest experts of a layer that are shown: all of them would be thousands of series. */
const SHOWN_EXPERTS = 2;
/** Experts' series in all, over releases and layers. */
const MAX_EXPERT_SERIES = 1000;
/** Layers' series in all. */
const MAX_LAYERS = 1000;

const duration = meter().createHistogram('signalbox.measure.duration', { unit: 's', description: 'One round over what answers now.', advice: { explicitBucketBoundaries: SECONDS_BUCKETS } });
const errors = meter().createCounter('signalbox.measure.errors', { description: 'Rounds that failed; they are tried again.' });
const lost = meter().createCounter('signalbox.feedback.unrouted', { description: 'Requests with feedback whose trace was gone or did not open, so that no expert is known for it.' });
const entropy = meter().createObservableGauge('signalbox.routing.entropy_bits', { description: 'Entropy of the usage of a layer over the last window, corrected for its size.' });
const effective = meter().createObservableGauge('signalbox.routing.effective_experts_ratio', { description: 'Effective experts of a layer, 2 to the power of its entropy, over all of its experts.' });
const violation = meter().createObservableGauge('signalbox.routing.max_violation_ratio', { description: 'How far the busiest expert of a layer is above an equal share, in equal shares.' });
const load = meter().createObservableGauge('signalbox.routing.expert_load_ratio', { description: 'Share of a layer over an equal one, of its busiest and idlest experts.' });
const GAUGES = [entropy, effective, violation, load];

/** Shows at /metrics what the last round of this process measured. */
export class MeasureMetrics {
  #layers: readonly MeasuredLayer[] = [];

  start(): void {
    // Shown from the start, so that the first one counts as a rise.
    errors.add(0);
    lost.add(0);
    meter().addBatchObservableCallback(this.#observe, GAUGES);
  }

  stop(): void {
    meter().removeBatchObservableCallback(this.#observe, GAUGES);
  }

  /** @param round null where another process measures: then it shows the figures, and not this one too */
  done(round: MeasuredRound | null, seconds: number): void {
    this.#layers = round?.layers.slice(0, MAX_LAYERS) ?? [];
    if (round === null) return;
    duration.record(seconds);
    lost.add(round.lostFeedback);
  }

  failed(): void {
    errors.add(1);
  }

  readonly #observe = (result: BatchObservableResult): void => {
    let experts = 0;
    for (const { labels, window } of this.#layers) {
      const { model = '', release = '', layer = '' } = labels;
      // By a short id: a release is looked up by what its digest begins with.
      const of = { model, release: release.slice(0, 12), layer };
      const estimate = estimateEntropy(clusteredOf(window.usage), window.topK);
      const most = maxViolation([...window.usage.load]);
      if (estimate) {
        result.observe(entropy, estimate.entropyBits, of);
        result.observe(effective, estimate.effectiveExperts / window.usage.load.length, of);
      }
      if (most !== null) result.observe(violation, most, of);
      if (experts >= MAX_EXPERT_SERIES) continue;
      for (const one of outermost(window)) {
        result.observe(load, one.load, { ...of, expert: String(one.expert) });
        experts += 1;
      }
    }
  };
}

function outermost(window: MeasuredLayer['window']): readonly { readonly expert: number; readonly load: number }[] {
  const loads = measureExpertLoads(window, null, { minRequests: 1, maxMissedChance: 0, dormantLoad: 0, wakingLoad: 0 }) ?? [];
  const sorted = loads.toSorted((a, b) => b.load - a.load);
  return sorted.length <= 2 * SHOWN_EXPERTS ? sorted : [...sorted.slice(0, SHOWN_EXPERTS), ...sorted.slice(-SHOWN_EXPERTS)];
}
