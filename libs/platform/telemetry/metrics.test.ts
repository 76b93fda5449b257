import { describe, expect, it } from 'vitest';
import { counter, gauge, histogram, renderMetrics } from './metrics.ts';

describe('renderMetrics', () => {
  it('renders counters, durations and gauges under the very names they were given', async () => {
    counter('signalbox_test_requests_total', 'Requests.').add(3, { outcome: 'answered' });
    histogram('signalbox_test_wait_seconds', 'Wait.').record(0.03);
    gauge('signalbox_test_queue', 'Queue.', (result) => result.observe(7, { state: 'waiting' }));
    const text = await renderMetrics();
    expect(text).toContain('# TYPE signalbox_test_requests_total counter\nsignalbox_test_requests_total{outcome="answered"} 3\n');
    expect(text).toContain('signalbox_test_wait_seconds_bucket{le="0.025"} 0\nsignalbox_test_wait_seconds_bucket{le="0.05"} 1\n');
    expect(text).toContain('signalbox_test_queue{state="waiting"} 7\n');
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(text).toMatch(/^process_cpu_seconds_total [\d.]+$/m);
    expect(text).not.toContain('otel_scope');
    expect(text.endsWith('\n')).toBe(true);
  });

  it('bounds the number of series of a metric', async () => {
    const requests = counter('signalbox_test_flood_total', 'Flood.');
    for (let id = 0; id < 3000; id += 1) requests.add(1, { id: String(id) });
    const series = (await renderMetrics()).split('\n').filter((line) => line.startsWith('signalbox_test_flood_total{'));
    expect(series).toHaveLength(2000);
    expect(series.some((line) => line.includes('otel_metric_overflow="true"} 1001'))).toBe(true);
  });

  it('refuses names without their unit', () => {
    expect(() => histogram('signalbox_test_wait', 'Wait.')).toThrow(RangeError);
    expect(() => counter('signalbox_test_requests', 'Requests.')).toThrow(RangeError);
    expect(() => gauge('queue', 'Queue.', () => undefined)).toThrow(RangeError);
  });
});
