import { type Attributes, type BatchObservableResult } from '@opentelemetry/api';
import { maxViolation, utilisation } from '#libs/stats/balance';
import { estimateEntropy } from '#libs/stats/entropy-estimate';
import { clusteredOf } from '#libs/detection/windows/window-finding';
import { meter, SECONDS_BUCKETS } from '#libs/platform/telemetry/metrics';
import { type MeasuredLayer } from './layer-readings.ts';
import { type MeasuredRound } from './measure-round.ts';

/** Busiest and idlest experts of a layer that are shown, by rank: all of them would be thousands of series. */
const RANKS = [0, 1, -2, -1] as const;
/** Layers shown at most, over all releases: each has as many series as this file has gauges and ranks. */
const MAX_LAYERS = 400;

const duration = meter().createHistogram('signalbox.measure.duration', { unit: 's', description: 'One round over what answers now.', advice: { explicitBucketBoundaries: SECONDS_BUCKETS } });
const errors = meter().createCounter('signalbox.measure.errors', { description: 'Rounds that failed; they are tried again.' });
const lost = meter().createCounter('signalbox.feedback.unrouted', { description: 'Requests with feedback whose trace was gone or did not open, so that no expert is known for it.' });
// In bits, under the other name of that unit: promtool takes bits for a size of data, and asks for bytes.
const entropy = meter().createObservableGauge('signalbox.routing.entropy_shannons', { description: 'Entropy of the usage of a layer over the last window, in shannons (bits), corrected for its size.' });
const effective = meter().createObservableGauge('signalbox.routing.effective_experts_ratio', { description: 'Effective experts of a layer, 2 to the power of its entropy, over all of its experts.' });
const violation = meter().createObservableGauge('signalbox.routing.max_violation_ratio', { description: 'How far the busiest expert of a layer is above an equal share, in equal shares.' });
const load = meter().createObservableGauge('signalbox.routing.expert_load_ratio', { description: 'Share of a layer over an equal one of its busiest experts (rank 1 and 2) and its idlest (rank -2 and -1).' });
const GAUGES = [entropy, effective, violation, load];

/** Shows at /metrics what the last round of this process measured. */
export class MeasureMetrics {
  readonly #shown = new Set<string>();
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
    this.#layers = round?.layers ?? [];
    if (round === null) return;
    duration.record(seconds);
    lost.add(round.lostFeedback);
  }

  failed(): void {
    errors.add(1);
  }

  readonly #observe = (result: BatchObservableResult): void => {
    const now = new Map(this.#layers.map((layer) => [JSON.stringify(labelsOf(layer)), layer]));
    // The exporter repeats what was once observed: what is measured no more must not look as if it were.
    for (const key of this.#shown) {
      if (now.has(key)) continue;
      observe(result, JSON.parse(key) as LayerLabels, null);
      this.#shown.delete(key);
    }
    for (const [key, layer] of now) {
      if (this.#shown.size < MAX_LAYERS) this.#shown.add(key);
      if (this.#shown.has(key)) observe(result, labelsOf(layer), layer);
    }
  };
}

interface LayerLabels extends Attributes {
  readonly model: string;
  readonly release: string;
  readonly layer: string;
}

/** By a short id: a release is looked up by what its digest begins with. */
function labelsOf({ labels: { model = '', release = '', layer = '' } }: MeasuredLayer): LayerLabels {
  return { model, release: release.slice(0, 12), layer };
}

/** @param layer null: it is measured no more, and shown as no number */
function observe(result: BatchObservableResult, labels: LayerLabels, layer: MeasuredLayer | null): void {
  const loads = layer ? [...layer.window.usage.load] : [];
  const estimate = layer && estimateEntropy(clusteredOf(layer.window.usage), layer.window.topK);
  result.observe(entropy, estimate?.entropyBits ?? NaN, labels);
  result.observe(effective, estimate ? estimate.effectiveExperts / loads.length : NaN, labels);
  result.observe(violation, maxViolation(loads) ?? NaN, labels);
  const sorted = utilisation(loads).toSorted((a, b) => b - a);
  for (const rank of RANKS) result.observe(load, sorted.at(rank) ?? NaN, { ...labels, rank: String(rank < 0 ? rank : rank + 1) });
}
