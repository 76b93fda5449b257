import { expect, it } from 'vitest';
import { chartOf } from './reading-lines.ts';

const point = (minute: number, value: number) => ({ at: new Date(minute * 60_000 + 500).toISOString(), value, low: value - 1, high: value + 1, min: value, max: value, alarm: null });

it('lays label sets over common times, breaks lines where nothing was read, and draws limits', () => {
  const series = [
    { labels: { layer: '0' }, points: [point(0, 1), point(1, 2), point(20, 3)] },
    { labels: { layer: '1' }, points: [point(1, 5)] },
  ];
  const chart = chartOf({ series, stepMs: 60_000 }, [{ severity: 'warning', is: 'above', limit: 4 }]);
  expect(chart.atMs).toEqual([0, 60_000, 120_000, 1_200_000]);
  expect(chart.series.map(({ label, values }) => [label, values])).toEqual([['layer 0', [1, 2, null, 3]], ['layer 1', [null, 5, null, null]], ['warning: above 4', [4, 4, 4, 4]]]);
  expect(chart.series[0]?.band).toBeUndefined();
  expect(chartOf({ series: series.slice(1), stepMs: 60_000 }, []).series[0]?.band).toEqual({ low: [4], high: [6] });
  expect(chartOf({ series: [], stepMs: 60_000 }, [{ severity: 'warning', is: 'above', limit: 4 }])).toEqual({ atMs: [], series: [], lines: 0 });
});
