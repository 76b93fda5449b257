import { expect, it } from 'vitest';
import { chartOf } from './reading-lines.ts';

const MINUTE = 60_000;
const point = (minute: number, value: number) => ({ at: new Date(minute * MINUTE + 500).toISOString(), value, low: value - 1, high: value + 1, min: value - 3, max: value + 3, alarm: null });
const span = (minutes: number) => ({ from: new Date(0).toISOString(), to: new Date(minutes * MINUTE).toISOString() });
const SERIES = [
  { labels: { layer: '0' }, points: [point(0, 1), point(1, 2), point(20, 3)] },
  { labels: { layer: '1' }, points: [point(1, 5)] },
];
const LIMIT = { severity: 'warning', is: 'above', limit: 4 } as const;

it('lays label sets over common times, breaks lines where nothing was read, and draws limits', () => {
  const chart = chartOf({ series: SERIES, stepMs: MINUTE, ...span(30) }, [LIMIT]);
  expect(chart.atMs).toEqual([1, 2, 3, 21].map((minute) => minute * MINUTE));
  expect(chart.series.map(({ label, values }) => [label, values])).toEqual([['layer 0', [1, 2, null, 3]], ['layer 1', [null, 5, null, null]], ['warning: above 4', [4, 4, 4, 4]]]);
  expect(chart.series[0]?.band).toBeUndefined();
  expect(chartOf({ series: SERIES.slice(1), stepMs: MINUTE, ...span(30) }, []).series[0]?.band).toEqual({ low: [4], high: [6] });
  expect(chartOf({ series: [], stepMs: MINUTE, ...span(30) }, [LIMIT])).toEqual({ atMs: [], series: [], lines: 0 });
});

it('shows the worst of a longer step, up to the end of the time', () => {
  const series = [{ labels: { layer: '0' }, points: [point(1, 2), point(20, 3)] }];
  expect(chartOf({ series, stepMs: 15 * MINUTE, ...span(25) }, [LIMIT])).toMatchObject({ atMs: [15 * MINUTE, 25 * MINUTE], series: [{ values: [5, 6] }, {}] });
  expect(chartOf({ series, stepMs: 15 * MINUTE, ...span(25) }, [{ ...LIMIT, is: 'below' }]).series[0]?.values).toEqual([-1, 0]);
});
