import { expect, it } from 'vitest';
import { meter, renderMetrics, SECONDS_BUCKETS } from './metrics.ts';

it('renders the names Prometheus expects, with units as suffixes', async () => {
  meter().createCounter('signalbox.test.requests', { description: 'Requests.' }).add(3, { outcome: 'answered' });
  meter().createHistogram('signalbox.test.wait', { unit: 's', advice: { explicitBucketBoundaries: SECONDS_BUCKETS } }).record(0.03);
  meter().createObservableGauge('signalbox.test.queue', { unit: '{request}' }).addCallback((result) => result.observe(7, { state: 'waiting' }));
  meter().createUpDownCounter('signalbox.test.cache_bytes', { unit: 'By' }).add(9);
  const text = await renderMetrics();
  expect(text).toContain('# TYPE signalbox_test_requests_total counter\nsignalbox_test_requests_total{outcome="answered"} 3\n');
  expect(text).toContain('signalbox_test_wait_seconds_bucket{le="0.025"} 0\nsignalbox_test_wait_seconds_bucket{le="0.05"} 1\n');
  expect(text).toContain('signalbox_test_queue{state="waiting"} 7\n');
  expect(text).toContain('\nsignalbox_test_cache_bytes 9\n');
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
  expect(text).toMatch(/^process_cpu_seconds_total [\d.]+$/m);
  expect(text).not.toContain('otel_scope');
  expect(text).not.toContain('# UNIT');
  expect(text.endsWith('\n')).toBe(true);
});

it('bounds the number of series of a metric', async () => {
  const requests = meter().createCounter('signalbox.test.flood');
  for (let id = 0; id < 3000; id += 1) requests.add(1, { id: String(id) });
  const series = (await renderMetrics()).split('\n').filter((line) => line.startsWith('signalbox_test_flood_total{'));
  expect(series).toHaveLength(2000);
  expect(series.some((line) => line.includes('otel_metric_overflow="true"} 1001'))).toBe(true);
});
