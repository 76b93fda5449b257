import { metrics, type Counter, type Histogram, type Meter, type ObservableResult } from '@opentelemetry/api';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { observeProcess } from './process-metrics.ts';

/** What `renderMetrics` returns. */
export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Series per metric; what exceeds them is added up under `otel_metric_overflow`. */
const MAX_SERIES = 2000;

/** Names end in their unit, since the serializer adds none. */
const UNIT_SUFFIX = /^signalbox_[a-z0-9_]+_(seconds|bytes|tokens|ratio)$/;
const COUNTER_NAME = /^signalbox_[a-z0-9_]+_total$/;
const GAUGE_NAME = /^signalbox_[a-z0-9_]+$/;

/** From a millisecond to five minutes, three steps a decade or finer. */
const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** Collects when asked, so that no timer and no second HTTP server is needed. */
class ScrapeReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

let started: { readonly reader: ScrapeReader; readonly meter: Meter } | null = null;

/**
 * Created at the first use and then global. Instruments made through the OpenTelemetry API before
 * that stay silent for ever, so ours are made through the functions below.
 */
function state() {
  if (started === null) {
    const reader = new ScrapeReader();
    const provider = new MeterProvider({ readers: [reader], views: [{ instrumentName: '*', aggregationCardinalityLimit: MAX_SERIES }] });
    metrics.setGlobalMeterProvider(provider);
    started = { reader, meter: provider.getMeter('signalbox') };
    observeProcess(started.meter);
  }
  return started;
}

/** Everything measured so far, in the text format of Prometheus. */
export async function renderMetrics(): Promise<string> {
  const { resourceMetrics } = await state().reader.collect();
  return `${new PrometheusSerializer(undefined, false, undefined, true, true).serialize(resourceMetrics)}\n`;
}

/** A count that only grows; its name ends in `_total`. Label values must come from a bounded set. */
export function counter(name: string, help: string): Counter {
  checkName(name, COUNTER_NAME);
  // The serializer adds the suffix itself.
  return state().meter.createCounter(name.replace(/_total$/, ''), { description: help });
}

/** A distribution; its name ends in its unit. Durations get buckets from 1 ms to 5 min. */
export function histogram(name: string, help: string, buckets: readonly number[] = SECONDS_BUCKETS): Histogram {
  checkName(name, UNIT_SUFFIX);
  return state().meter.createHistogram(name, { description: help, advice: { explicitBucketBoundaries: [...buckets] } });
}

/** A value read at each scrape; call `observe` once for each set of labels. */
export function gauge(name: string, help: string, read: (result: ObservableResult) => void | Promise<void>): void {
  checkName(name, GAUGE_NAME);
  state().meter.createObservableGauge(name, { description: help }).addCallback(read);
}

function checkName(name: string, pattern: RegExp): void {
  if (!pattern.test(name)) throw new RangeError(`The metric name ${name} does not match ${pattern.source}`);
}
