import { metrics, type Meter } from '@opentelemetry/api';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider, MetricReader, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { observeProcess } from './process-metrics.ts';

/** What `renderMetrics` returns. */
export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** From a millisecond to five minutes; for `advice.explicitBucketBoundaries` of durations in seconds. */
export const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** Series per metric; what exceeds them is added up under `otel_metric_overflow`. */
const MAX_SERIES = 2000;

/** Names by which Prometheus ends a metric of this unit; the serializer does not add them. */
const UNIT_SUFFIXES: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes' };

/** Collects when asked, so that no timer and no second HTTP server is needed. */
class ScrapeReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

let started: { readonly reader: ScrapeReader; readonly provider: MeterProvider } | null = null;

function state() {
  if (started === null) {
    const reader = new ScrapeReader();
    const provider = new MeterProvider({ readers: [reader], views: [{ instrumentName: '*', aggregationCardinalityLimit: MAX_SERIES }] });
    metrics.setGlobalMeterProvider(provider);
    started = { reader, provider };
    observeProcess(provider.getMeter('signalbox.process'));
  }
  return started;
}

/**
 * Makes instruments that /metrics shows. Take it from here and not from the OpenTelemetry API:
 * there, instruments made before the first use of this module would stay silent for ever.
 */
export function meter(scope = 'signalbox'): Meter {
  return state().provider.getMeter(scope);
}

/** Everything measured so far, in the text format of Prometheus. Units become suffixes: `a.b` in `s` is `a_b_seconds`. */
export async function renderMetrics(): Promise<string> {
  const { resourceMetrics } = await state().reader.collect();
  return `${new PrometheusSerializer(undefined, false, undefined, true, true).serialize(withUnitSuffixes(resourceMetrics))}\n`;
}

function withUnitSuffixes(all: ResourceMetrics): ResourceMetrics {
  return { ...all, scopeMetrics: all.scopeMetrics.map((scope) => ({ ...scope, metrics: scope.metrics.map(withUnitSuffix) })) };
}

function withUnitSuffix(metric: MetricData): MetricData {
  const { name, unit } = metric.descriptor;
  const suffix = UNIT_SUFFIXES[unit] ?? '';
  const isThere = name.replace(/_total$/, '').endsWith(suffix);
  return { ...metric, descriptor: { ...metric.descriptor, name: isThere ? name : `${name}${suffix}`, unit: '' } };
}
