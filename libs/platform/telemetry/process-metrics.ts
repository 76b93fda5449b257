import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { type Meter } from '@opentelemetry/api';

const NANOSECONDS = 1e-9;

/** Memory, processor time and event loop of this process, under the names Prometheus users know. */
export function observeProcess(meter: Meter): void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  meter
    .createObservableGauge('process_resident_memory_bytes', { description: 'Memory of the process that is in RAM.' })
    .addCallback((result) => result.observe(process.memoryUsage.rss()));
  meter
    .createObservableGauge('nodejs_heap_size_used_bytes', { description: 'Memory of JavaScript objects.' })
    .addCallback((result) => result.observe(process.memoryUsage().heapUsed));
  meter.createObservableCounter('process_cpu_seconds', { description: 'Processor time used, user and system.' }).addCallback((result) => {
    const { user, system } = process.cpuUsage();
    result.observe((user + system) / 1e6);
  });
  meter
    .createObservableGauge('process_start_time_seconds', { description: 'Start of the process since the epoch.' })
    .addCallback((result) => result.observe(performance.timeOrigin / 1000));
  meter
    .createObservableGauge('nodejs_eventloop_lag_p99_seconds', { description: 'Delay of the event loop since the last scrape, 99th percentile.' })
    .addCallback((result) => {
      result.observe(delay.count === 0 ? 0 : delay.percentile(99) * NANOSECONDS);
      delay.reset();
    });
}
