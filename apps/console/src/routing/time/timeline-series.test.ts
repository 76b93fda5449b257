import { describe, expect, it } from 'vitest';
import { type Timeline } from '../../api/gen/types.gen.ts';
import { stepOf, timelineSeries } from './timeline-series.ts';

const layer = (number: number, entropyBits: number, interval: { low: number; high: number; level: number } | null = null) => ({ layer: number, entropyBits, interval, maxViolation: 0.5, share: [] });
const timeline = (buckets: Timeline['buckets']): Timeline => ({ model: 'toy', releases: [], window: { from: '', to: '' }, experts: 4, topK: 2, step: 'minute', buckets });

describe('timelineSeries', () => {
  it('gives a line for each layer, with gaps where buckets are withheld', () => {
    const { atMs, entropy, violation } = timelineSeries(
      timeline([
        { at: '2026-06-01T12:00:00.000Z', requests: 9, layers: [layer(0, 2), layer(1, 1)] },
        { at: '2026-06-01T12:01:00.000Z', withheld: { reason: 'fewer_than_min_requests', minRequests: 5 } },
      ]),
    );
    expect(atMs).toEqual([Date.parse('2026-06-01T12:00:00Z'), Date.parse('2026-06-01T12:01:00Z')]);
    expect(entropy).toEqual([{ label: 'layer 0', values: [2, null] }, { label: 'layer 1', values: [1, null] }]);
    expect(violation[1]).toEqual({ label: 'layer 1', values: [0.5, null] });
  });

  it('breaks off where there was no traffic for a while', () => {
    const { atMs, entropy } = timelineSeries(timeline([{ at: '2026-06-01T12:00:00.000Z', layers: [layer(0, 2)] }, { at: '2026-06-01T12:02:00.000Z', layers: [layer(0, 2)] }, { at: '2026-06-01T12:09:00.000Z', layers: [layer(0, 1)] }]));
    expect(atMs.map((at) => new Date(at).getUTCMinutes())).toEqual([0, 2, 3, 9]);
    expect(entropy[0]?.values).toEqual([2, 2, null, 1]);
  });

  it('has bands where there is one line', () => {
    const { entropy } = timelineSeries(timeline([{ at: '2026-06-01T12:00:00.000Z', requests: 9, layers: [layer(3, 2, { low: 1.9, high: 2.1, level: 0.95 })] }]));
    expect(entropy).toEqual([{ label: 'layer 3', values: [2], band: { low: [1.9], high: [2.1] } }]);
  });
});

it('goes by the minute up to six hours', () => {
  expect(stepOf({ from: '2026-06-01T00:00:00Z', to: '2026-06-01T06:00:00Z' })).toBe('minute');
  expect(stepOf({ from: '2026-06-01T00:00:00Z', to: '2026-06-01T06:01:00Z' })).toBe('hour');
});
