import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { formatNumber } from '../ui/format.ts';
import { ChartFrame } from './chart-frame.tsx';
import { cssColour, useTheme } from './css-colour.ts';

export interface Series {
  readonly label: string;
  /** One value for each time; null where there is none. */
  readonly values: readonly (number | null)[];
  /** Lower and upper end of the interval of each value. */
  readonly band?: { readonly low: readonly (number | null)[]; readonly high: readonly (number | null)[] };
  /** Dashed, for what it is compared with. */
  readonly isReference?: boolean;
}

export interface Marker {
  readonly atMs: number;
  readonly label: string;
}

/** A time that is shaded, such as an episode of an alert. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface TimeSeriesProps {
  /** Says in a sentence what is shown. */
  readonly label: string;
  /** File name of the CSV. */
  readonly name: string;
  /** Epoch milliseconds, ascending. */
  readonly atMs: readonly number[];
  readonly series: readonly Series[];
  readonly markers?: readonly Marker[];
  readonly spans?: readonly Span[];
  readonly heightPx?: number;
  readonly format?: (value: number) => string;
  /** Keeps the scale from zooming into noise: at least from this to that. */
  readonly range?: readonly [number, number];
  /** What the time axis shows, epoch milliseconds; from the first to the last time when left out. */
  readonly timeRange?: readonly [number, number];
}

const NO_MARKERS: readonly Marker[] = [];
const NO_SPANS: readonly Span[] = [];
const DAY_SECONDS = 86_400;
const DAY = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });
const MINUTE = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const SECOND = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

const DASHES = [[], [6, 3], [2, 3], [10, 4], [6, 3, 2, 3], [1, 2], [12, 3, 3, 3], [4, 6]];

const formatPlain = (value: number): string => formatNumber(value);

/** Lines over time. Each has a dash of its own besides its colour, and markers stand where something changed. */
export function TimeSeries({ label, name, ...plot }: TimeSeriesProps) {
  const { atMs, series } = plot;
  const data = { name, header: ['time', ...series.map((one) => one.label)], rows: () => atMs.map((ms, index) => [new Date(ms).toISOString(), ...series.map(({ values }) => values[index] ?? null)]) };
  return (
    <ChartFrame label={label} data={data}>
      <Plot {...plot} />
    </ChartFrame>
  );
}

/** Apart from the frame, so that it draws again when the frame goes from the table back to the chart. */
function Plot({ atMs, series, markers = NO_MARKERS, spans = NO_SPANS, heightPx = 200, format = formatPlain, range, timeRange }: Omit<TimeSeriesProps, 'label' | 'name'>) {
  const at = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  useEffect(() => {
    const element = at.current;
    if (element === null) return;
    const plot = draw(element, { atMs, series, markers, spans, heightPx, format, range, timeRange });
    const observer = new ResizeObserver(([entry]) => entry && plot.setSize({ width: Math.floor(entry.contentRect.width), height: heightPx }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [atMs, series, markers, spans, heightPx, format, range, timeRange, theme]);
  return <div ref={at} className="w-full min-w-0" style={{ minHeight: heightPx }} />;
}

function draw(element: HTMLElement, { atMs, series, markers = [], spans = [], heightPx = 200, format = String, range, timeRange }: Omit<TimeSeriesProps, 'label' | 'name'>): uPlot {
  const ink = cssColour('--ink-soft');
  const line = cssColour('--line');
  const colours = Array.from({ length: 8 }, (_, index) => cssColour(`--series-${index + 1}`));
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line }, font: '11px "Inter Variable", sans-serif' };
  const columns: (readonly (number | null)[])[] = [];
  const lines: uPlot.Series[] = [];
  const bands: uPlot.Band[] = [];
  series.forEach(({ label, values, band, isReference }, index) => {
    const colour = isReference ? ink : colours[index % colours.length]!;
    columns.push(values);
    lines.push({ label, stroke: colour, width: isReference ? 1.25 : 1.75, dash: isReference ? [4, 4] : DASHES[index % DASHES.length], points: { show: hasIsolated(values), size: 5 }, value: (_, value) => (value === null ? 'none' : format(value)) });
    if (!band) return;
    const edge = { stroke: 'transparent', points: { show: false }, label: `${label}, 95 %`, class: 'u-edge' };
    columns.push(band.high, band.low);
    lines.push(edge, edge);
    bands.push({ series: [lines.length - 1, lines.length], fill: `${colour}26` });
  });
  const options: uPlot.Options = {
    width: Math.max(100, Math.floor(element.clientWidth)),
    height: heightPx,
    series: [{ label: 'time', value: (_, seconds) => (seconds === null ? '' : MOMENT.format(seconds * 1000)) }, ...lines],
    bands,
    axes: [{ ...axis, values: (_, splits, __, ___, stepSeconds) => timeLabels(splits, stepSeconds) }, { ...axis, size: 56, values: (_, splits) => splits.map((split) => format(split)) }],
    scales: { x: { time: true, ...(timeRange && { range: [timeRange[0] / 1000, timeRange[1] / 1000] as uPlot.Range.MinMax }) }, y: { range: (_, low, high) => paddedRange(low, high, range) } },
    legend: { show: series.length > 1 },
    cursor: { drag: { x: true, y: false } },
    hooks: { drawClear: [(plot) => drawSpans(plot, spans, cssColour('--bad-soft'))], draw: [(plot) => drawMarkers(plot, markers, cssColour('--warn'))] },
  };
  return new uPlot(options, [atMs.map((ms) => ms / 1000), ...columns] as uPlot.AlignedData, element);
}

/** Times below the axis, in the viewer's zone and manner; days where the steps are days, and the date where one begins. */
function timeLabels(splits: readonly number[], stepSeconds: number): string[] {
  return splits.map((seconds, index) => {
    const day = DAY.format(seconds * 1000);
    if (stepSeconds >= DAY_SECONDS) return day;
    const isNewDay = index === 0 || DAY.format(splits[index - 1]! * 1000) !== day;
    return `${(stepSeconds < 60 ? SECOND : MINUTE).format(seconds * 1000)}${isNewDay ? `\n${day}` : ''}`;
  });
}

/** Whether a value has no neighbour to draw a line to. */
function hasIsolated(values: readonly (number | null)[]): boolean {
  return values.some((value, at) => value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null);
}

function paddedRange(low: number | null, high: number | null, range: readonly [number, number] | undefined): [number, number] {
  const from = Math.min(low ?? 0, range?.[0] ?? Infinity);
  const to = Math.max(high ?? 1, range?.[1] ?? -Infinity);
  const padding = (to - from || Math.abs(to) || 1) * 0.08;
  return [from === 0 ? 0 : from - padding, to + padding];
}

function drawSpans(plot: uPlot, spans: readonly Span[], colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = colour;
  for (const { fromMs, toMs } of spans) {
    const from = Math.max(bbox.left, plot.valToPos(fromMs / 1000, 'x', true));
    const to = Math.min(bbox.left + bbox.width, plot.valToPos(toMs / 1000, 'x', true));
    // A short one still shows.
    if (to > bbox.left && from < bbox.left + bbox.width) ctx.fillRect(from, bbox.top, Math.max(2 * devicePixelRatio, to - from), bbox.height);
  }
  ctx.restore();
}

function drawMarkers(plot: uPlot, markers: readonly Marker[], colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.setLineDash([3, 3]);
  ctx.font = `${11 * devicePixelRatio}px "Inter Variable", sans-serif`;
  ctx.textAlign = 'left';
  let endPx = -Infinity;
  let row = 0;
  for (const { atMs, label } of markers.toSorted((one, other) => one.atMs - other.atMs)) {
    const x = plot.valToPos(atMs / 1000, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const gap = 4 * devicePixelRatio;
    const widthPx = ctx.measureText(label).width;
    const isNearEnd = x + gap + widthPx > bbox.left + bbox.width;
    const left = isNearEnd ? x - gap - widthPx : x + gap;
    // A label that would run into the one before it stands a line lower.
    row = left < endPx ? row + 1 : 0;
    endPx = left + widthPx + gap;
    ctx.fillText(label, left, bbox.top + (11 + 13 * row) * devicePixelRatio);
  }
  ctx.restore();
}
